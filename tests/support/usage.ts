/** Clock ticks a second in `/proc`; fixed at 100 in Linux's user interface. */
const TICKS = 100;

/** What a process group has used so far. */
export interface Usage {
  /** CPU time, user and system, in seconds. */
  readonly cpu: number;
  /** Resident memory, and its highest so far, in MiB. */
  readonly memory: number;
  readonly peak: number;
}

/** Reads `/proc` (Linux only): wall time says little on a machine that others use too. */
export async function usageOf(group: number): Promise<Usage> {
  const usage = { cpu: 0, memory: 0, peak: 0 };
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = await Deno.readTextFile(`/proc/${name}/stat`);
      // The second field, the name, may hold blanks.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(fields[2]) !== group) continue;
      usage.cpu += (Number(fields[11]) + Number(fields[12])) / TICKS;
      const status = await Deno.readTextFile(`/proc/${name}/status`);
      const kilobytes = (key: string) =>
        Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
      usage.memory += kilobytes("VmRSS") / 1024;
      usage.peak += kilobytes("VmHWM") / 1024;
    } catch (error) {
      // The process ended while we looked.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return usage;
}
