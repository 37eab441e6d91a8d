import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readTables } from "./read_tables.ts";
import type { Table } from "./table.ts";

/** Where the Supabase CLI keeps a project's migrations. */
export const MIGRATIONS = "supabase/migrations";

/** Gives the tables that a project's migrations make; none where it has no migrations. */
export async function tablesOfMigrations(cwd: string): Promise<Table[]> {
  const folder = join(cwd, MIGRATIONS);
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".sql")).sort();
  return readTables(await Promise.all(files.map((name) => readFile(join(folder, name), "utf8"))));
}
