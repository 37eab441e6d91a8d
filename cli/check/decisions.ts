import { pathToFileURL } from "node:url";
import { join } from "node:path";
import type { Deno } from "./deno.ts";
import { type Finding, oneLine } from "./finding.ts";
import type { Project } from "./project.ts";
import { reasonIn } from "./types.ts";

/** What the probe's answer begins with: policies may print, too. */
const MARK = "electric-gatekeeper check: ";

/** The parser of clauses; the library takes it up where the project has it, or this brings it. */
export const PARSER = "npm:libpg-query@^17.7.4";

/** What decisions are tried with. */
export interface Trial {
  readonly database: string;
  /** Ids of users who ask, besides nobody in particular. */
  readonly users: readonly string[];
}

/**
 * Lets the policies decide for sample users. It runs where the policies are, with the library that
 * they import: another copy wouldn't know their `rows`.
 */
export async function checkDecisions(
  deno: Deno,
  project: Project,
  { database, users }: Trial,
): Promise<Finding[]> {
  const { folder, file, shown } = project;
  const stdin = probe(pathToFileURL(join(folder, file)).href, users);
  const env = { DATABASE_URL: database };
  const { stdout, stderr } = await deno(["run", "-A", "--no-lock", "-"], {
    cwd: folder,
    env,
    stdin,
  });
  const answer = stdout.split("\n").find((line) => line.startsWith(MARK));
  if (answer === undefined) {
    return [{ place: shown, message: `the policies can't be loaded: ${reasonIn(stderr)}` }];
  }
  return readAnswer(JSON.parse(answer.slice(MARK.length)), shown);
}

/** A program for Deno. */
function probe(policies: string, users: readonly string[]): string {
  return `
import process from "node:process";
await import(${JSON.stringify(PARSER)}).catch(() => {});
const tell = (answer) => console.log(${JSON.stringify(MARK)} + JSON.stringify(answer));
const { checkPolicies } = await import("electric-gatekeeper/testing");
const { policies } = await import(${JSON.stringify(policies)});
const users = [null, ...${JSON.stringify(users)}.map((id) => ({ id }))];
if (policies === undefined) tell({ error: "it must export \`policies\`, which definePolicies gives" });
else {
  await checkPolicies(policies, { database: process.env.DATABASE_URL, users })
    .then((findings) => tell({ findings }), ({ message, code }) => tell({ error: message || code }));
}
process.exit(0);
`;
}

function readAnswer(answer: unknown, shown: string): Finding[] {
  const { findings, error } = { findings: [], error: undefined, ...Object(answer) };
  if (error !== undefined) {
    return [{ place: shown, message: oneLine(`its decisions can't be tried: ${error}`) }];
  }
  const all: { table: string | null; message: string }[] = findings;
  return all.map(({ table, message }) => ({
    place: table === null ? shown : `${shown}: ${table}`,
    message: oneLine(message),
  }));
}
