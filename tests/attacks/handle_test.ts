import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connectOwner } from "../../dev/sync/connection.ts";
import { defineShape } from "../../dev/sync/define_shape.ts";
import { checkParams } from "../../dev/sync/request_params.ts";
import { shapeHash, shapeKey } from "../../dev/sync/shape_definition.ts";
import { TableCache } from "../../dev/sync/table_cache.ts";
import { EDGES, startGatekeeper } from "../support/servers.ts";
import { startStack } from "../sync/stack.ts";
import { collide } from "./collision.ts";

const DIGITS = "1".repeat(10);
const SECRET = "rosebud";

interface Log {
  readonly status: number;
  readonly text: string;
  readonly handle: string;
  readonly offset: string;
}

async function read(url: string, query: Record<string, string>, token = ""): Promise<Log> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}?${new URLSearchParams(query)}`, { headers });
  const named = (name: string) => response.headers.get(`electric-${name}`) ?? "";
  const { status } = response;
  return { status, text: await response.text(), handle: named("handle"), offset: named("offset") };
}

/**
 * Whoever may choose a clause chooses one whose shape has the hash of another table's, and asks for
 * its own shape with that one's handle.
 */
Deno.test("another table's rows come with its handle and a clause that collides, but not through us", async (t) => {
  await using stack = await startStack({ longPollMs: 500 });
  const { sql, service, postgres } = stack;
  await sql`create table letters (id int primary key, value text)`;
  await sql`insert into letters values (1, 'one')`;
  await sql`create table secrets (id int primary key, value text)`;
  const electric = `${service.url}/v1/shape`;
  const victim = await read(electric, { table: "secrets", offset: "-1" });
  await sql`insert into secrets values (1, ${SECRET})`;
  // It is in the log once this is answered.
  await read(electric, { table: "secrets", handle: victim.handle, offset: "0_inf", live: "true" });

  const owner = connectOwner(postgres.url);
  await using _ended = { [Symbol.asyncDispose]: () => owner.end() };
  const tables = new TableCache(owner);
  const keyOf = async (table: string, where?: string) => {
    const params = checkParams({ table, offset: "-1", ...(where !== undefined && { where }) });
    return shapeKey(await defineShape(tables, owner, params));
  };
  const [before = "", after = ""] = (await keyOf("letters", `id <> ${DIGITS}`)).split(DIGITS);
  const hash = Number(victim.handle.split("-")[0]);
  const where = `id <> ${collide(before, after, hash)}`;
  equal(shapeHash(await keyOf("letters", where)), hash);
  equal(shapeHash(await keyOf("secrets")), hash);

  const shape = { table: "letters", where };
  const stolen = { ...shape, handle: victim.handle, offset: "0_0" };
  await t.step("straight at Electric, as it would be without the guard", async () => {
    match((await read(electric, stolen)).text, /rosebud/);
    // The shape itself has a handle of its own.
    const own = await read(electric, { ...shape, offset: "-1" });
    ok(own.handle !== victim.handle && own.text.includes("one"));
  });

  const electricEnv = { ELECTRIC_URL: service.url, DATABASE_URL: postgres.url };
  await using gatekeeper = await startGatekeeper(electricEnv);
  const post = { method: "POST", body: JSON.stringify({ where }) };
  const granted = await (await fetch(`${gatekeeper.url}/gatekeeper/letters`, post)).json();
  const token: string = granted.headers.Authorization.split(" ")[1];
  await holds("/proxy", `${gatekeeper.url}/proxy/v1/shape`);
  for (const [name, start] of Object.entries(EDGES)) {
    await using edge = await start({ ELECTRIC_URL: service.url });
    await holds(`the edge, ${name}`, `${edge.url}/v1/shape`);
  }

  await t.step("a proxy that can't check handles: no token for a client's clause", async () => {
    const env = { ...electricEnv, ELECTRIC_PROXY_CHECKS_HANDLES: "0" };
    await using careful = await startGatekeeper(env);
    const refused = await fetch(`${careful.url}/gatekeeper/letters`, post);
    deepEqual([refused.status, /"message":".*subset/.test(await refused.text())], [403, true]);
    const whole = await fetch(`${careful.url}/gatekeeper/letters`, { method: "POST" });
    equal(whole.status, 200);
    await whole.body?.cancel();
  });

  async function holds(name: string, url: string) {
    await t.step(`${name}: the handle is refused, before and after others are known`, async () => {
      const refused = await read(url, stolen, token);
      deepEqual([refused.status, refused.text], [
        409,
        '[{"headers":{"control":"must-refetch"}}]',
      ]);
      const own = await read(url, { ...shape, offset: "-1", handle: refused.handle }, token);
      equal(own.handle, refused.handle);
      const resumed = { ...shape, handle: own.handle, offset: own.offset };
      equal((await read(url, resumed, token)).status, 200);
      const ways: Record<string, string>[] = [
        {},
        { live: "true" },
        { live: "true", live_sse: "true" },
        { log: "full", "cache-buster": "1", expired_handle: own.handle },
        { log: "changes_only" },
        { subset__where: "true" },
        { offset: "0_inf" },
      ];
      const answers = await Promise.all(ways.map((way) => read(url, { ...stolen, ...way }, token)));
      for (const [i, { status, text }] of answers.entries()) {
        equal(status, 409, JSON.stringify(ways[i]));
        ok(!text.includes(SECRET));
      }
      const atStart = await read(url, { ...stolen, offset: "-1" }, token);
      deepEqual([atStart.status, atStart.text.includes(SECRET)], [200, false]);
      equal((await read(url, stolen, token)).status, 409);
    });
  }
});
