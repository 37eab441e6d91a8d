import type { Deno } from "./deno.ts";
import { type Finding, oneLine } from "./finding.ts";
import { type Project, shownBeside } from "./project.ts";

/** What is wrong with types, and whether the rest can be checked all the same. */
export interface TypesRun {
  readonly findings: Finding[];
  readonly canLoad: boolean;
}

/** Checks the types of the policies. */
export async function checkTypes(deno: Deno, project: Project): Promise<TypesRun> {
  const args = ["check", "--no-lock", project.file];
  const { code, stderr } = await deno(args, { cwd: project.folder });
  if (code === 0) return { findings: [], canLoad: true };
  return { findings: readTypeErrors(stderr, project), canLoad: stderr.match(ERROR) !== null };
}

/** What to do about Deno's guard against releases that nobody has looked at yet. */
const TOO_YOUNG = " Deno takes a release only after a day: wait, or set " +
  '"minimumDependencyAge": 0 in the deno.json beside it.';

/** What to do about types of Node's that Deno looks for beside the nearest package.json. */
const NO_NODE_TYPES = " It reads types of node: modules from beside the package.json there: " +
  "npm install --prefix electric -D @types/node.";

function hintFor(output: string): string {
  if (/minimum dependency (date|age)/.test(output)) return TOO_YOUNG;
  return /npm:@types\/node/.test(output) ? NO_NODE_TYPES : "";
}

/** An error of TypeScript's: its code and text, and the place at the end. */
const ERROR = /^(TS\d+) \[ERROR\]: ([^]*?)\n +at (\S+?):(\d+):(\d+)$/gm;

/** Reads what Deno says of types; what else it says is one finding. */
export function readTypeErrors(output: string, project: Project): Finding[] {
  const findings = [...output.matchAll(ERROR)].map(
    ([, code = "", text = "", file, line, column]) => {
      const name = decodeURIComponent(file?.split("/").at(-1) ?? "");
      const message = oneLine(text.split("\n").filter(isWords).join(" "));
      const place = `${shownBeside(project, name)}:${line}:${column}`;
      return { place, message: `${message} (${code}): correct it` };
    },
  );
  if (findings.length > 0) return findings;
  const hint = hintFor(output);
  return [{ place: project.shown, message: `Deno can't read it: ${reasonIn(output)}${hint}` }];
}

/** Whether a line of an error isn't the code that it shows, or the mark below that. */
function isWords(line: string, i: number, lines: readonly string[]): boolean {
  const isMark = (text: string | undefined) => /^\s*[~^]+\s*$/.test(text ?? "");
  return !isMark(line) && !isMark(lines[i + 1]);
}

/** What Deno gives as its reason to stop. */
export function reasonIn(output: string): string {
  const reason = /^error: ([^]*?)(?:\n\s*Stack backtrace:|$(?![^]))/m.exec(output)?.[1] ?? output;
  return oneLine(reason) || "it says nothing";
}
