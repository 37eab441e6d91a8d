import { pathToFileURL } from "node:url";
import { join } from "node:path";
import type { Deno, DenoRun } from "./deno.ts";
import { type Finding, oneLine } from "./finding.ts";
import type { Project } from "./project.ts";
import { reasonIn } from "./types.ts";

/** What the probe's answer begins with: policies may print, too. */
const MARK = "electric-gatekeeper check: ";

/** The parser of clauses; the library takes it up where the project has it, or this brings it. */
export const PARSER = "npm:libpg-query@^17.7.4";
/** What `rls` writes clauses with. */
export const DEPARSER = "npm:pgsql-deparser@^17.18.5";

/** What decisions are tried with. */
export interface Trial {
  readonly database: string;
  /** Ids of users who ask, besides nobody in particular. */
  readonly users: readonly string[];
}

/**
 * Lets the policies, and named shapes, decide for sample users. It runs where the policies are, with the library that
 * they import: another copy wouldn't know their `rows`.
 */
export async function checkDecisions(
  deno: Deno,
  project: Project,
  trial: Trial,
): Promise<Finding[]> {
  // Where packages are in `node_modules`, Deno brings none: there the project has the parser, or not.
  const withParser = await runProbe(deno, project, trial, [PARSER, DEPARSER]);
  const { stdout, stderr } = hasAnswer(withParser)
    ? withParser
    : await runProbe(deno, project, trial, []);
  const answer = stdout.split("\n").find((line) => line.startsWith(MARK));
  if (answer !== undefined) return readAnswer(JSON.parse(answer.slice(MARK.length)), project.shown);
  const message = `the policies can't be loaded: ${reasonIn(stderr)}`;
  return [{ place: project.shown, message }];
}

const hasAnswer = ({ stdout }: DenoRun) => stdout.includes(MARK);

function runProbe(
  deno: Deno,
  { folder, file }: Project,
  { database, users }: Trial,
  packages: readonly string[],
): Promise<DenoRun> {
  const stdin = probe(pathToFileURL(join(folder, file)).href, users, packages);
  const options = { cwd: folder, env: { DATABASE_URL: database }, stdin };
  return deno(["run", "-A", "--no-lock", "-"], options);
}

/** A program for Deno; all imports are static, so that there is one copy of the library. */
function probe(policies: string, users: readonly string[], packages: readonly string[]): string {
  return `
${packages.map((name) => `import ${JSON.stringify(name)};`).join("\n")}
import process from "node:process";
import { checkPolicies, checkShapes } from "electric-gatekeeper/testing";
import * as own from ${JSON.stringify(policies)};
const tell = (answer) => console.log(${JSON.stringify(MARK)} + JSON.stringify(answer));
const users = [null, ...${JSON.stringify(users)}.map((id) => ({ id }))];
if (own.policies === undefined) tell({ error: "it must export what definePolicies gives as policies" });
else {
  const options = { database: process.env.DATABASE_URL, users };
  await checkPolicies(own.policies, options)
    .then(async (findings) => [...findings, ...await checkShapes(own.shapes ?? {}, options)])
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
