import { deepEqual, equal, ok } from "node:assert/strict";
import { decodeJwt } from "jose";
import postgres, { type Sql } from "postgres";
import {
  allow,
  createGatekeeper,
  definePolicies,
  defineShapes,
  from,
  shape,
} from "../../gatekeeper/index.ts";
import { digestOf } from "../../shared/revocations.ts";
import { testPostgres } from "../support/postgres.ts";
import { addRevocations } from "../support/revocations.ts";
import { AUTH_SECRET, type Env } from "../support/servers.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const policies = definePolicies({ items: allow });
const shapes = defineShapes({
  slow: shape({
    async get({ sql }) {
      await sql`select pg_sleep(1.8)`;
      return from("items");
    },
  }),
});

/** A gatekeeper in this process whose user is alice, in front of an Electric that says nothing new. */
async function start(env: Env = {}) {
  await using open = new AsyncDisposableStack();
  const database = open.use(await testPostgres());
  const sql: Sql = postgres(database.url, { max: 2, onnotice: () => {} });
  open.defer(() => sql.end({ timeout: 1 }));
  await sql`create table items (id int primary key, value text)`;
  await addRevocations(sql);
  const electric = Deno.serve({ port: 0, onListen() {} }, () => new Response("[]"));
  open.defer(() => electric.shutdown());
  const gatekeeper = createGatekeeper({
    policies,
    shapes,
    authenticate: () => ({ id: "alice", claims: {} }),
    log: () => {},
    env: {
      AUTH_SECRET,
      DATABASE_URL: database.url,
      ELECTRIC_URL: `http://127.0.0.1:${electric.addr.port}`,
      ...env,
    },
  });
  await gatekeeper.ready;
  open.defer(() => gatekeeper.stop());
  const send = (path: string, body?: unknown, headers = {}) =>
    gatekeeper.fetch(
      new Request(`http://gatekeeper${path}`, {
        headers,
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      }),
    );
  const kept = open.move();
  return { sql, send, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

Deno.test("slow decisions don't keep the list waiting", async () => {
  await using stack = await start();
  const list = async () => {
    const response = await stack.send("/.well-known/revocations");
    equal(response.status, 200);
    return decodeJwt<{ subjects: Record<string, number> }>(await response.text());
  };
  deepEqual((await list()).subjects, {});
  const slow = Array.from(
    { length: 40 },
    () => stack.send("/gatekeeper/shapes/slow", {}).then((response) => response.body?.cancel()),
  );
  await pause(500);
  await stack.sql`select gatekeeper.revoke(subject => 'mallory')`;
  const began = performance.now();
  deepEqual(Object.keys((await list()).subjects), [await digestOf("mallory")]);
  const took = performance.now() - began;
  ok(took < 1500, `${took} ms`);
  await Promise.all(slow);
});

/** A commit takes 4 s with a row in `waits`. */
const SLOW_COMMIT = `
  create table waits (id int);
  create function wait() returns trigger language plpgsql
    as $$ begin perform pg_sleep(4); return null; end $$;
  create constraint trigger wait after insert on waits deferrable initially deferred
    for each row execute function wait()`;

Deno.test("what is given out until a slow commit is to be seen is revoked by it", async () => {
  await using stack = await start({ AUTH_TOKEN_TTL: "40" });
  await stack.sql.unsafe(SLOW_COMMIT);
  let asked = 0;
  const ask = async () => {
    const where = `id = ${asked++}`;
    const response = await stack.send("/gatekeeper/items", { where });
    equal(response.status, 200);
    const { headers } = await response.json();
    return { where, headers };
  };
  const use = async ({ where, headers }: Awaited<ReturnType<typeof ask>>) => {
    const query = new URLSearchParams({ table: "items", offset: "-1", where });
    const response = await stack.send(`/proxy/v1/shape?${query}`, undefined, headers);
    await response.body?.cancel();
    return response.status;
  };
  const issuedAt = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
    decodeJwt(headers.Authorization.slice("Bearer ".length)).iat ?? NaN;
  const revokedAt = Date.now() / 1000;
  let isCommitted = false;
  const committed = stack.sql.begin(async (tx) => {
    await tx`select gatekeeper.revoke(subject => 'alice')`;
    await tx`insert into waits values (1)`;
  }).then(() => isCommitted = true);
  const tokens = [];
  while (!isCommitted) {
    // Of many shapes some have a new token just now: tokens are stable for half their life.
    for (let i = 0; i < 40; i++) tokens.push(await ask());
    await pause(100);
  }
  await committed;
  const late = tokens.filter((token) => issuedAt(token) > revokedAt + 2);
  ok(late.length > 0);
  await pause(700);
  for (const token of late.slice(0, 50)) equal(await use(token), 401);
  equal(await use(await ask()), 200);
});
