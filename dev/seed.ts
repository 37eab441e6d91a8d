import { createHash } from "node:crypto";
import { join } from "node:path";
import postgres from "postgres";
import { DevError } from "./error.ts";

/** As the Supabase CLI notes it. */
const PATH = "supabase/seed.sql";

/**
 * Loads `supabase/seed.sql` into a database that hasn't had it yet; gives whether it did. It is noted
 * where the Supabase CLI notes it. Without that file there is nothing to load.
 *
 * @throws {DevError} `seed_failed` with the reason; then nothing of it is loaded.
 */
export async function loadSeed(databaseUrl: string, root: string): Promise<boolean> {
  const seed = await readSeed(root);
  if (seed === null) return false;
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await sql.begin(async (tx) => {
      await tx`create schema if not exists supabase_migrations`;
      await tx`create table if not exists supabase_migrations.seed_files
        (path text primary key, hash text not null)`;
      const [noted] = await tx`select from supabase_migrations.seed_files where path = ${PATH}`;
      if (noted !== undefined) return false;
      await tx.unsafe(seed);
      const hash = createHash("sha256").update(seed).digest("hex");
      await tx`insert into supabase_migrations.seed_files (path, hash) values (${PATH}, ${hash})`;
      return true;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${PATH} can't be loaded: ${reason}. Mend it, then start again.`;
    throw new DevError("seed_failed", message);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function readSeed(root: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(join(root, PATH));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
