import type { Deno } from "./deno.ts";
import { type Finding, oneLine } from "./finding.ts";
import { type Project, shownBeside } from "./project.ts";
import { readTypeErrors } from "./types.ts";

/** How the user's own tests of policies went. */
export interface TestsRun {
  readonly findings: Finding[];
  readonly passed: number;
}

/** Runs the tests beside the policies, with `DATABASE_URL` set where a database is known. */
export async function runUserTests(
  deno: Deno,
  project: Project,
  database: string | undefined,
): Promise<TestsRun> {
  const { tests, folder } = project;
  if (tests.length === 0) return { findings: [], passed: 0 };
  const args = ["test", "-A", "--no-lock", "--reporter=tap", ...tests];
  const env = database === undefined ? {} : { DATABASE_URL: database };
  const { code, stdout, stderr } = await deno(args, { cwd: folder, env });
  const findings = readTap(stdout, project);
  const passed = [...stdout.matchAll(/^ok \d/gm)].length;
  if (code !== 0 && findings.length === 0) {
    // Of errors outside of tests the protocol says nothing.
    const plain = await deno(args.filter((arg) => arg !== "--reporter=tap"), { cwd: folder, env });
    const uncaught = readUncaught(plain.stdout, project);
    return { findings: uncaught.length > 0 ? uncaught : readTypeErrors(stderr, project), passed };
  }
  return { findings, passed };
}

/** An error outside of tests, such as an assertion that stands by itself in its file. */
const UNCAUGHT =
  /^\.\/(\S+) \(uncaught error\)\nerror: (?:\(in promise\) )?(.*)\n(?:[^]*?:(\d+):\d+\n)?/gm;

function readUncaught(output: string, project: Project): Finding[] {
  return [...output.matchAll(UNCAUGHT)].map(([, file = "", why = "", line = "1"]) => {
    const name = file.replace(/^.*\//, "");
    return { place: `${shownBeside(project, name)}:${line}`, message: `fails: ${oneLine(why)}` };
  });
}

/** A test that failed, and the JSON that tells of it (the Test Anything Protocol, version 14). */
const FAILED = /^ *not ok \d+ - (.*)\n *---\n *(\{.*\})\n/gm;

/** Reads failed tests; one that failed by its steps is told by them. */
export function readTap(output: string, project: Project): Finding[] {
  return [...output.matchAll(FAILED)].flatMap(([, name = "", json = "{}"]) => {
    const { message = "", at } = JSON.parse(json);
    if (/^\d+ test steps? failed\.$/.test(message)) return [];
    const file = String(at?.file ?? project.tests[0]).replace(/^.*\//, "");
    const place = `${shownBeside(project, file)}:${at?.line ?? 1}`;
    const [why = ""] = String(message).split("\n");
    return [{ place, message: `test "${name}" fails: ${oneLine(why)}` }];
  });
}
