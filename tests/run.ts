import { stripVTControlCharacters } from "node:util";
import { ROOT } from "./support/process.ts";

// `deno task test [what deno test takes]`: runs `deno test`, and names at the end what was skipped, and why.

const FOLDERS = ["client", "dev", "edge", "gatekeeper", "shared", "tests"];

/** What is told of skipped tests, in what `deno test` prints. */
export class Skipped {
  readonly tests: string[] = [];
  readonly #reasons = new Set<string>();
  #file = "";

  /** Reads the next line of the output. */
  read(coloured: string): void {
    const line = stripVTControlCharacters(coloured);
    const [, file] = /^running \d+ tests? from (\S+)/.exec(line) ?? [];
    this.#file = file ?? this.#file;
    const [, test] = /^\s*(.+) \.\.\. ignored \(/.exec(line) ?? [];
    if (test !== undefined) this.tests.push(`${this.#file}: ${test}`);
    const isReason = /\bskipped: /.test(line) && !/ \.\.\. /.test(line);
    if (isReason) this.#reasons.add(line.trim());
  }

  /** What to print at the end; nothing when nothing was skipped. */
  summary(): string[] {
    if (this.tests.length === 0) return [];
    return [
      `Skipped ${this.tests.length}:`,
      ...this.tests.map((test) => `  ${test}`),
      ...(this.#reasons.size > 0 ? ["Why:", ...[...this.#reasons].map((line) => `  ${line}`)] : []),
    ];
  }
}

/** Splits a stream into lines while it passes all of it on to standard output. */
async function passOn(
  from: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of from) {
    for (let written = 0; written < bytes.length;) {
      written += await Deno.stdout.write(bytes.subarray(written));
    }
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}

/** Whether arguments for `deno test` say which files to run. */
export function namesFiles(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => !arg.startsWith("-"));
}

if (import.meta.main) {
  const skipped = new Skipped();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", "--config", "tests/deno.json"],
      ...(namesFiles(Deno.args) ? [] : FOLDERS),
      ...Deno.args,
    ],
    cwd: ROOT,
    env: Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {},
    stdout: "piped",
  }).spawn();
  // Ctrl-C reaches the child too, which ends by it; its end is ours.
  Deno.addSignalListener("SIGINT", () => {});
  await passOn(child.stdout, (line) => skipped.read(line));
  const { code } = await child.status;
  for (const line of skipped.summary()) console.log(line);
  Deno.exit(code);
}
