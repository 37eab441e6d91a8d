import { join } from "node:path";
import type { Sql } from "postgres";

/** Where `init` puts what makes `gatekeeper.revoke` for a project that has no `supabase/` folder. */
const FILE = "electric/revocations.sql";

/** Applies a project's `electric/revocations.sql` to a database that lacks it; gives whether it did. */
export async function applyRevocations(sql: Sql, root: string): Promise<boolean> {
  const text = await Deno.readTextFile(join(root, FILE)).catch(() => null);
  if (text === null) return false;
  const [found] = await sql`select to_regclass('gatekeeper.revocations') is not null as there`;
  if (found?.there === true) return false;
  await sql.begin((tx) => tx.unsafe(text));
  return true;
}
