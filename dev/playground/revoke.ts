import type { Sql } from "postgres";
import { invalidRequest } from "../../shared/refusal.ts";

/** Whether this database can revoke tokens: `gatekeeper.revoke` is a function of a migration. */
export async function canRevoke(sql: Sql): Promise<boolean> {
  const [found] = await sql<{ found: boolean }[]>`
    select exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'gatekeeper' and p.proname = 'revoke') as found`;
  return found?.found ?? false;
}

/** Revokes a user's tokens. Throws a 400 {@link Refusal} where the database can't. */
export async function revoke(sql: Sql, subject: string): Promise<void> {
  if (!await canRevoke(sql)) throw invalidRequest("This database has no gatekeeper.revoke.");
  await sql`select gatekeeper.revoke(subject => ${subject})`;
}
