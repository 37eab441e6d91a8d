import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { DevError } from "./error.ts";

/**
 * Loads `supabase/seed.sql` into a database that has the example's tables but nobody in them; gives
 * whether it did. Without that file there is nothing to load.
 *
 * @throws {DevError} `seed_failed` with the reason.
 */
export async function loadSeed(databaseUrl: string, root: string): Promise<boolean> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    if (!await awaitsSeed(sql)) return false;
    const seed = await readSeed(root);
    if (seed === null) return false;
    await sql.unsafe(seed);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `supabase/seed.sql can't be loaded: ${reason}. Mend it, then start again.`;
    throw new DevError("seed_failed", message);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Whoever has migrations of their own has seeds of their own. */
async function awaitsSeed(sql: Sql): Promise<boolean> {
  const [table] = await sql<{ there: boolean }[]>`
    select to_regclass('public.users') is not null as there`;
  if (table?.there !== true) return false;
  const [row] = await sql<{ empty: boolean }[]>`
    select not exists (select from public.users) as empty`;
  return row?.empty === true;
}

async function readSeed(root: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(join(root, "supabase", "seed.sql"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
