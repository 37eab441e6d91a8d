import type { Sql } from "postgres";
import { invalidRequest } from "../../shared/refusal.ts";

/** Milliseconds that the gatekeeper may take to hear of a revocation: its proxy does within a second. */
const HEARD_WITHIN = 2000;
/** Milliseconds between two looks. */
const PAUSE = 50;

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

/**
 * Waits until the gatekeeper's own proxy refuses a token, two seconds at most: what is sent after that shows
 * what a revocation does, not who was faster. `gatekeeper`: its base URL.
 */
export async function untilRefused(gatekeeper: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const deadline = Date.now() + HEARD_WITHIN;
  while (Date.now() < deadline) {
    // Without a shape, which is looked at after the token: Electric isn't asked.
    const response = await fetch(`${gatekeeper}/proxy/v1/shape`, { headers });
    await response.body?.cancel();
    if (response.status === 401) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
