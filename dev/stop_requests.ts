/** A terminal's Ctrl-C arrives twice, from the terminal and through `deno task`; only a later one is a second, in milliseconds. */
const SAME_REQUEST = 500;

/**
 * Calls `onRequest` when this process is asked to end: SIGINT, SIGTERM, SIGHUP, or its parent is
 * gone. `again` is true for each further request.
 */
export function onStopRequest(onRequest: (reason: string, again: boolean) => void): void {
  let first: number | undefined;
  const request = (reason: string) => {
    const now = performance.now();
    if (first !== undefined && now - first < SAME_REQUEST) return;
    const again = first !== undefined;
    first ??= now;
    onRequest(reason, again);
  };
  const signals = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"] as const
    : ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, () => request(signal));
  watchParents(() => request("the parent process ended"));
}

function watchParents(onGone: () => void): void {
  const parent = Deno.ppid;
  const launcher = npxLauncher(parent);
  const timer = setInterval(() => {
    if (Deno.ppid === parent && (launcher === undefined || launcher === parentOf(parent))) return;
    clearInterval(timer);
    onGone();
  }, 500);
}

// Under `npx deno task dev` a shell of npm's waits for `deno task`, which waits for us; when it is
// ended, `deno task` doesn't notice.
function npxLauncher(parent: number): number | undefined {
  return Deno.env.has("npm_execpath") ? parentOf(parent) : undefined;
}

function parentOf(pid: number): number | undefined {
  const parent = readText(`/proc/${pid}/stat`)?.replace(/^.*\) \S /s, "").split(" ")[0];
  return parent === undefined ? undefined : Number(parent);
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
