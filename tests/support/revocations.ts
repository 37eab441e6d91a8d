import type { Sql } from "postgres";
import { ROOT } from "./process.ts";

/** Makes what tokens are revoked with. */
export async function addRevocations(sql: Sql): Promise<void> {
  const name = "20261129000000_gatekeeper_revocations.sql";
  await sql.unsafe(await Deno.readTextFile(`${ROOT}/supabase/migrations/${name}`));
}
