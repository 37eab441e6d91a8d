import { join } from "node:path";
import postgres from "postgres";
import { DevError } from "./error.ts";

/**
 * Loads `supabase/seed.sql` into a database that has the example's tables but nobody in them; gives
 * whether it did.
 *
 * @throws {DevError} `seed_failed` with Postgres's reason.
 */
export async function loadSeed(databaseUrl: string, root: string): Promise<boolean> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [row] = await sql<{ empty: boolean }[]>`
      select not exists (select from public.users) as empty`;
    if (row?.empty !== true) return false;
    await sql.unsafe(await Deno.readTextFile(join(root, "supabase", "seed.sql")));
    return true;
  } catch (error) {
    // Whoever has migrations of their own has seeds of their own.
    if (error instanceof postgres.PostgresError && error.code === "42P01") return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DevError("seed_failed", `supabase/seed.sql can't be loaded: ${reason}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
