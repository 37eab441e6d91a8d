import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cli, runCommand } from "../cli.ts";
import { missingColumns } from "./columns.ts";
import { checkDecisions } from "./decisions.ts";
import { type Deno, findDeno } from "./deno.ts";
import type { Finding } from "./finding.ts";
import { namedColumns } from "./named_columns.ts";
import { type CheckOptions, readOptions, USAGE } from "./options.ts";
import { findProject, type Project } from "./project.ts";
import { checkTypes } from "./types.ts";
import { runUserTests } from "./user_tests.ts";

/**
 * `check`: looks for mistakes in a project's policies, and prints a line for each. Gives the exit code: 1
 * where there is any.
 */
export function check(cli: Cli, find: typeof findDeno = findDeno): Promise<number> {
  return runCommand(USAGE, cli, async () => {
    const options = readOptions(cli);
    const project = await findProject(cli.cwd, options.policies);
    const deno = await find(cli.env);
    const { findings, passed } = deno === null
      ? { findings: [noDeno(project)], passed: 0 }
      : await checkAll(deno, project, options);
    for (const { place, message } of findings) cli.print(`${place}: ${message}`);
    cli.print(summary(project, findings.length, passed));
    return findings.length === 0 ? 0 : 1;
  });
}

async function checkAll(deno: Deno, project: Project, options: CheckOptions) {
  const { database } = options;
  const { findings: types, canLoad } = await checkTypes(deno, project);
  if (!canLoad) return { findings: types, passed: 0 };
  const decisions = await checkAgainstDatabase(deno, project, options);
  const { findings, passed } = await runUserTests(deno, project, database);
  return { findings: [...types, ...decisions, ...findings], passed };
}

async function checkAgainstDatabase(
  deno: Deno,
  project: Project,
  { database, withoutDatabase, users }: CheckOptions,
): Promise<Finding[]> {
  if (withoutDatabase) return [];
  if (database === undefined) return [noDatabase(project)];
  const decisions = await checkDecisions(deno, project, { database, users });
  const source = await readFile(join(project.folder, project.file), "utf8");
  // Where Postgres can't be asked, the decisions have told of it.
  const missing = await missingColumns(database, namedColumns(source)).catch(() => []);
  const columns = missing.map(({ table, column, by }) => ({
    place: `${project.shown}: ${table}`,
    message:
      `${by === "ownRows" ? "ownRows" : ".columns"}(…) names the column ${column}, which the ` +
      "table doesn't have: correct the name",
  }));
  // Said once is enough.
  const isSaid = ({ place, message }: Finding) =>
    missing.some(({ table, column }) =>
      place === `${project.shown}: ${table}` &&
      (message.includes(`column "${column}" does not exist`) ||
        message.includes(`have: ${column}.`))
    );
  return [...columns, ...decisions.filter((finding) => !isSaid(finding))];
}

function noDeno({ shown }: Project): Finding {
  return {
    place: shown,
    message: "not checked: there is neither deno nor npx on the PATH. Install Deno 2.9 or Node.",
  };
}

function noDatabase({ shown }: Project): Finding {
  return {
    place: shown,
    message:
      "its tables and clauses weren't checked, for no database was named: set DATABASE_URL " +
      "or say --database <url>; --no-database does without",
  };
}

function summary({ shown, tests }: Project, findings: number, passed: number): string {
  if (findings > 0) return `${findings} ${findings === 1 ? "finding" : "findings"} in ${shown}.`;
  if (tests.length === 0) return `${shown}: nothing found.`;
  return `${shown}: nothing found, and ${passed} ${passed === 1 ? "test" : "tests"} passed.`;
}
