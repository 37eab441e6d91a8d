/** A child process that cannot outlive this one. */
export interface LeashedProcess {
  /** Process group of the child: itself, its helpers and its own children. */
  readonly group: number;
  /** Settles with the exit code once the child is gone. */
  readonly exited: Promise<number>;
  /** Asks the child to end with the signal it was started with. */
  release(): Promise<void>;
  /** Ends the child's whole group at once. */
  kill(): void;
}

/** How to start a child with {@link leash}. */
export interface LeashOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** User and group to run as; needs root. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** How the child is told to end. */
  readonly endSignal: "INT" | "TERM";
  /** Receives each line of the child's standard output and error. */
  readonly onLine: (line: string) => void;
}

// The shell holds our pipe as descriptor 3. When the pipe closes, because `release` closed it or because
// this process died in whatever way, the subshell passes the signal on. `trap :` keeps the shell
// waiting while the child shuts down; ignoring the signals instead would be inherited by the child.
const SCRIPT = `exec 3<&0
signal=$1; shift
trap : INT TERM HUP
"$@" </dev/null 3<&- &
pid=$!
(trap '' INT TERM HUP; read -r _ <&3; kill -s "$signal" "$pid") >/dev/null 2>&1 &
while kill -0 "$pid" 2>/dev/null; do wait "$pid" 2>/dev/null; code=$?; done
exit "$code"`;

/**
 * Starts a child in its own process group, so that a terminal's Ctrl-C reaches only this process and
 * the order of stopping is ours. On Windows, which has neither `sh` nor groups, the child is started plainly.
 */
export function leash(options: LeashOptions): LeashedProcess {
  const windows = Deno.build.os === "windows";
  const child = new Deno.Command(windows ? options.command : "/bin/sh", {
    args: windows
      ? [...options.args]
      : ["-c", SCRIPT, "leash", options.endSignal, options.command, ...options.args],
    cwd: options.cwd,
    env: options.env ?? {},
    ...(options.account ?? {}),
    detached: !windows,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = Promise.all([
    readLines(child.stdout, options.onLine),
    readLines(child.stderr, options.onLine),
  ]);
  let held = true;
  const release = async () => {
    if (!held) return;
    held = false;
    if (windows) signal(() => child.kill("SIGTERM"));
    await child.stdin.close().catch(() => {});
  };
  const exited = child.status.then(async ({ code }) => {
    await release();
    await output;
    return code;
  });
  return {
    group: child.pid,
    exited,
    release,
    kill: () => signal(() => windows ? child.kill("SIGKILL") : Deno.kill(-child.pid, "SIGKILL")),
  };
}

function signal(send: () => void): void {
  try {
    send();
  } catch (error) {
    // Gone already, which is what the signal was for.
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}
