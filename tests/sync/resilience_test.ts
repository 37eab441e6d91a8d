import assert from "node:assert/strict";
import postgres from "postgres";
import { startSyncService } from "../../dev/sync/service.ts";
import { follow } from "./followed.ts";
import { testPostgres } from "../support/postgres.ts";
import { startStack } from "./stack.ts";

// The official client leaves a timer or two behind when it is told to stop.
const lenient = { sanitizeOps: false, sanitizeResources: false };

Deno.test("clients recover when Postgres restarts", lenient, async () => {
  await using stack = await startStack();
  await stack.sql`create table kept (id int primary key)`;
  await stack.sql`insert into kept values (1)`;
  using kept = follow({ url: `${stack.service.url}/v1/shape`, params: { table: "kept" } });
  await kept.until((rows) => rows.size === 1 && kept.stream.isUpToDate);

  const stopping = performance.now();
  await stack.postgres.stop();
  const took = performance.now() - stopping;
  assert.ok(took < 3000, `Postgres took ${took.toFixed()} ms to stop under the service`);
  const health = await fetch(`${stack.service.url}/v1/health`);
  await health.body?.cancel();
  assert.equal(health.status, 202);
  await stack.postgres.start();
  const sql = postgres(stack.postgres.url, { max: 1 });
  await sql`insert into kept values (2)`;
  await kept.until((rows) => rows.size === 2);
  await sql`insert into kept values (3)`;
  await kept.until((rows) => rows.size === 3);
  await sql.end();
});

Deno.test("a restarted service doesn't know old handles", async () => {
  await using running = await testPostgres();
  const sql = postgres(running.url, { max: 1 });
  try {
    await sql`create table old (id int primary key)`;
    const first = await startSyncService({ databaseUrl: running.url, port: 0 });
    const initial = await fetch(`${first.url}/v1/shape?table=old&offset=-1`);
    await initial.body?.cancel();
    await first.stop();
    const second = await startSyncService({ databaseUrl: running.url, port: first.port });
    const handle = initial.headers.get("electric-handle");
    const next = await fetch(`${second.url}/v1/shape?table=old&offset=0_0&handle=${handle}`);
    assert.equal(next.status, 409);
    assert.notEqual(next.headers.get("electric-handle"), handle);
    await next.body?.cancel();
    await second.stop();
  } finally {
    await sql.end();
  }
});

Deno.test("two services share one Postgres and leave nothing in it", async () => {
  await using running = await testPostgres();
  const sql = postgres(running.url, { max: 1, onnotice: () => {} });
  try {
    await sql`create table shared (id int primary key)`;
    // As a service leaves them that was killed.
    await sql`create publication sync_dev_0badcafe`;
    await sql`create role sync_dev_0badcafe`;
    const services = await Promise.all(
      [0, 0].map((port) => startSyncService({ databaseUrl: running.url, port })),
    );
    const held = await Promise.all(services.map(async ({ url }) => {
      const initial = await fetch(`${url}/v1/shape?table=shared&offset=-1`);
      await initial.body?.cancel();
      const handle = initial.headers.get("electric-handle");
      return {
        live: fetch(`${url}/v1/shape?table=shared&offset=0_inf&handle=${handle}&live=true`),
      };
    }));
    await sql`insert into shared values (1)`;
    for (const { live } of held) assert.match(await (await live).text(), /"operation":"insert"/);
    await Promise.all(services.map((service) => service.stop()));
    const left = await sql`
      select 'slot' as kind, slot_name::text as name from pg_replication_slots
      union all select 'publication', pubname from pg_publication
      union all select 'role', rolname from pg_roles where rolname like 'sync%'`;
    assert.deepEqual([...left], []);
  } finally {
    await sql.end();
  }
});

Deno.test("with a secret, requests must carry it", async () => {
  await using running = await testPostgres();
  const service = await startSyncService({ databaseUrl: running.url, port: 0, secret: "s3cret" });
  const status = async (query: string, method = "GET") => {
    const response = await fetch(`${service.url}/v1/shape?table=none&offset=-1${query}`, {
      method,
    });
    await response.body?.cancel();
    return response.status;
  };
  try {
    assert.equal(await status(""), 401);
    assert.equal(await status("&secret=wrong"), 401);
    assert.equal(await status("&secret=s3cret&secret=wrong"), 401);
    assert.equal(await status("&secret=wrong&secret=s3cret"), 400);
    assert.equal(await status("&api_secret=s3cret"), 400);
    assert.equal(await status("", "OPTIONS"), 204);
    assert.equal((await fetch(`${service.url}/v1/%73hape?table=none&offset=-1`)).status, 401);
  } finally {
    await service.stop();
  }
});
