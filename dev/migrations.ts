import { join } from "node:path";
import postgres from "postgres";
import { DevError } from "./error.ts";
import { migrate, MigrationError } from "./migrate.ts";
import { applyRevocations } from "./revocations.ts";

/**
 * Applies the migrations of `supabase/migrations` that a database lacks, and `electric/revocations.sql`; `print` hears of each.
 *
 * @throws {DevError} `migration_failed` with the reason; then none is applied.
 */
export async function applyMigrations(
  databaseUrl: string,
  root: string,
  print: (line: string) => void,
): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const { applied, edited } = await migrate(sql, join(root, "supabase", "migrations"));
    for (const file of applied) print(`applied migration ${file}`);
    if (await applyRevocations(sql, root)) print("applied electric/revocations.sql");
    for (const file of edited) {
      print(
        `migration ${file} was edited after it was applied, and isn't applied again: undo the edit ` +
          "and write a new migration, or on a development database delete .dev and start again",
      );
    }
  } catch (error) {
    if (error instanceof MigrationError) throw new DevError("migration_failed", error.message);
    const cause = error instanceof Error ? error.message : error;
    throw new DevError(
      "migration_failed",
      `can't apply the migrations of supabase/migrations: ${cause}. Can the files be read, and may ` +
        "the database's user create the schema supabase_migrations?",
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}
