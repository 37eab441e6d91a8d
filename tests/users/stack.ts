import { equal } from "node:assert/strict";
import { SignJWT } from "jose";
import postgres, { type Sql } from "postgres";
import { loadSeed } from "../../dev/seed.ts";
import { startSyncService } from "../../dev/sync/service.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/process.ts";
import {
  type Env,
  GATEKEEPER,
  type RunningServer,
  startEdge,
  startGatekeeper,
} from "../support/servers.ts";

const SECRET = "the secret of the users' provider, long enough";

/** The example's users, as `supabase/seed.sql` has them. */
export const USERS = {
  alice: "00000000-0000-4000-8000-00000000a11c",
  bob: "00000000-0000-4000-8000-000000000b0b",
  carol: "00000000-0000-4000-8000-00000000ca01",
} as const;

/** The product as it is run: its own policies and the example's rows. */
export interface UsersStack extends AsyncDisposable {
  readonly database: TestPostgres;
  readonly sql: Sql;
  readonly edge: RunningServer;
  readonly gatekeeper: RunningServer;
  /** The gatekeeper's settings but for the proxy: one that is started with them is its own. */
  readonly gatekeeperEnv: Env;
}

/** A gatekeeper that looks memberships up when it decides, and signs them as a list. */
export const BY_LIST = "tests/users/by_list.ts";

/** One that leaves all lookups to Electric. */
export const LIVE = "tests/users/live.ts";

/**
 * Starts it; `env` goes to gatekeeper and edge, `longPollMs` to the sync service. The gatekeeper is the
 * example's own unless `file` is another.
 */
export async function startUsersStack(
  env: Env = {},
  { file = GATEKEEPER, ...sync }: { file?: string; longPollMs?: number } = {},
): Promise<UsersStack> {
  await using open = new AsyncDisposableStack();
  const database = open.use(await testPostgres());
  const electric = await startSyncService({ databaseUrl: database.url, port: 0, ...sync });
  open.defer(() => electric.stop());
  const edge = open.use(await startEdge({ ELECTRIC_URL: electric.url, ...env }));
  const gatekeeperEnv = {
    DATABASE_URL: database.url,
    ELECTRIC_URL: electric.url,
    SUPABASE_JWT_SECRET: SECRET,
    ...env,
  };
  const gatekeeper = open.use(
    await startGatekeeper({ ELECTRIC_PROXY_URL: edge.url, ...gatekeeperEnv }, file),
  );
  await loadSeed(database.url, ROOT);
  const sql = postgres(database.url, { max: 2, onnotice: () => {}, backoff: () => 0.1 });
  open.defer(() => sql.end({ timeout: 1 }));
  const kept = open.move();
  const dispose = () => kept.disposeAsync();
  return { database, sql, edge, gatekeeper, gatekeeperEnv, [Symbol.asyncDispose]: dispose };
}

/** An access token of one of the users, for `Authorization`. */
export async function signIn(name: keyof typeof USERS): Promise<string> {
  const token = new SignJWT({ sub: USERS[name], role: "authenticated", aud: "authenticated" })
    .setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h");
  return `Bearer ${await token.sign(new TextEncoder().encode(SECRET))}`;
}

/** The gatekeeper's answer, as far as these tests look. */
export interface Asked {
  readonly status: number;
  readonly url: string;
  readonly headers: { readonly Authorization: string };
  readonly params: { readonly table: string; readonly params?: Record<`${number}`, string> };
}

/** Asks for a table's shape, with these credentials or none. */
export async function ask(
  gatekeeper: string,
  table: string,
  authorization?: string,
): Promise<Asked> {
  const response = await fetch(`${gatekeeper}/gatekeeper/${table}`, {
    method: "POST",
    headers: authorization === undefined ? {} : { authorization },
  });
  return { ...await response.json(), status: response.status };
}

/** A granted shape's initial answer from the proxy. */
export function get({ url, headers, params: { params = {}, ...shape } }: Asked): Promise<Response> {
  const query = new URLSearchParams({ ...shape, offset: "-1" });
  for (const [number, value] of Object.entries(params)) query.set(`params[${number}]`, value);
  return fetch(`${url}?${query}`, { headers }).then(async (response) => {
    const body = await response.arrayBuffer();
    return new Response(body, response);
  });
}

/** The rows of a shape's initial snapshot. */
export async function snapshot(asked: Asked): Promise<{ value: Record<string, unknown> }[]> {
  const response = await get(asked);
  equal(response.status, 200);
  const messages: { value?: Record<string, unknown> }[] = await response.json();
  return messages.flatMap(({ value }) => value === undefined ? [] : [{ value }]);
}
