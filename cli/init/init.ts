import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Cli, CliError, runCommand } from "../cli.ts";
import { readVersion } from "../version.ts";
import { type Ask, askAtTerminal } from "./ask.ts";
import { migrationPath } from "./migration_path.ts";
import { NEXT_STEPS } from "./next_steps.ts";
import { type InitOptions, readOptions, USAGE } from "./options.ts";
import { describe, planConfig, planFile, type Step } from "./plan.ts";
import { tablesOfDatabase } from "./tables/database.ts";
import { MIGRATIONS, tablesOfMigrations } from "./tables/migrations.ts";
import type { Table } from "./tables/table.ts";
import { PROJECTS } from "./templates/projects.ts";

/**
 * `init`: adds the servers and their policies to a project, without a change to any file of its own
 * but for the lines that `supabase/config.toml` lacks. Gives the exit code.
 */
export function init(cli: Cli, ask: Ask = askAtTerminal): Promise<number> {
  return runCommand(USAGE, cli, async () => {
    const options = await readOptions(cli);
    const tables = await findTables(cli, options);
    const steps = await plan(cli.cwd, options, tables);
    const todo = steps.filter(({ action }) => action === "create" || action === "change");
    const kept = steps.filter(({ action }) => action === "keep");
    for (const step of kept) cli.print(`${describe(step)}\n`);
    if (todo.length === 0) {
      const differs = kept.length > 0 ? "; what differs stands above" : "";
      cli.print(`All is there: nothing was changed${differs}.`);
      return 0;
    }
    cli.print(describeTables(options, tables));
    for (const step of todo) cli.print(describe(step));
    if (!options.yes) {
      const agreed = await ask("Write this?");
      if (agreed === null) {
        cli.print("Nothing was written, for there is no terminal to ask at: run it with --yes.");
        return 1;
      }
      if (!agreed) {
        cli.print("Nothing was written.");
        return 1;
      }
    }
    for (const step of todo) await write(cli.cwd, step);
    const next = NEXT_STEPS[options.kind].map((line) => `  ${line}`);
    cli.print(["", "Done. What to do next:", ...next].join("\n"));
    return 0;
  });
}

function findTables({ cwd }: Cli, { kind, database }: InitOptions): Promise<Table[]> {
  if (database !== undefined) return tablesOfDatabase(database);
  return kind === "worker" ? Promise.resolve([]) : tablesOfMigrations(cwd);
}

function describeTables({ kind, database }: InitOptions, tables: readonly Table[]): string {
  if (kind === "worker") return "This will be done:";
  const where = database === undefined ? MIGRATIONS : "the database";
  if (tables.length > 0) {
    return `${tables.length} ${tables.length === 1 ? "table" : "tables"} found in ${where}. ` +
      "This will be done:";
  }
  const hint = database === undefined ? ": --database <url> looks in a database" : "";
  return `No tables found in ${where}${hint}. This will be done:`;
}

async function plan(
  cwd: string,
  { kind }: InitOptions,
  tables: readonly Table[],
): Promise<Step[]> {
  const filling = {
    version: await readVersion(),
    tables,
    isModule: await isModule(cwd),
    migration: await migrationPath(cwd),
  };
  const files = await Promise.all(PROJECTS[kind](filling).map((file) => planFile(cwd, file)));
  const config = kind === "supabase" ? await planConfig(cwd, ["gatekeeper", "edge"]) : [];
  return [...files, ...config];
}

/** Whether the project's own `package.json` says so. */
async function isModule(cwd: string): Promise<boolean> {
  const text = await readFile(join(cwd, "package.json"), "utf8").catch(() => "{}");
  try {
    return JSON.parse(text).type === "module";
  } catch {
    throw new CliError("bad_project", "package.json can't be read: it is no JSON.");
  }
}

async function write(cwd: string, { path, action, after }: Step): Promise<void> {
  const target = join(cwd, path);
  await mkdir(dirname(target), { recursive: true });
  // Never over a file that has come in the meantime.
  await writeFile(target, after, { flag: action === "create" ? "wx" : "w" });
}
