import { equal, match } from "node:assert/strict";
import postgres from "postgres";
import { startSyncService } from "../../dev/sync/service.ts";
import { caddyName, noCaddy, startCaddy } from "../caddy/caddy.ts";
import { testPostgres } from "../support/postgres.ts";
import { type Env, type RunningServer, startEdge, startGatekeeper } from "../support/servers.ts";
import { signToken } from "../support/token.ts";

const SECRET = "rosebud";
const CLAIMS = { iss: "gatekeeper", shape: { namespace: null, table: "notes" } };

/** Asks whether another table's text begins so: a division by zero where it doesn't. */
type Ask = (orderBy: string) => Promise<Response>;

const guessing = (start: string) =>
  `value OFFSET (select 1/(select count(*) from secrets where v like '${start}%'))`;

/** Reads a text of a table that nobody granted, letter by letter; `null` where no guess is answered. */
async function readSecret(ask: Ask): Promise<string | null> {
  let known = "";
  for (;;) {
    let next: string | undefined;
    for (const letter of "abcdefghijklmnopqrstuvwxyz") {
      const response = await ask(guessing(`${known}${letter}`));
      await response.body?.cancel();
      if (response.status >= 400 && response.status < 500) return null;
      if (response.ok) next = letter;
    }
    if (next === undefined) return known;
    known += next;
  }
}

const byUrl = (url: string, headers: HeadersInit): Ask => (orderBy) =>
  fetch(`${url}?table=notes&offset=-1&subset__order_by=${encodeURIComponent(orderBy)}`, {
    headers,
  });

const byBody = (url: string, headers: HeadersInit): Ask => (orderBy) =>
  fetch(`${url}?table=notes&offset=-1`, {
    method: "POST",
    headers,
    body: JSON.stringify({ order_by: orderBy }),
  });

Deno.test("order_by reads other tables at Electric, and nothing through a proxy", async (t) => {
  await using database = await testPostgres();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql`create table notes (id int primary key, value text)`;
  await sql`insert into notes values (1, 'a'), (2, 'b')`;
  await sql`create table secrets (v text)`;
  await sql`insert into secrets values (${SECRET})`;
  await sql.end();
  const electric = await startSyncService({ databaseUrl: database.url, port: 0 });
  await using _stopped = { [Symbol.asyncDispose]: () => electric.stop() };
  // Somebody else syncs it: dev's service may read no table that nobody has asked for; Electric may.
  await (await fetch(`${electric.url}/v1/shape?table=secrets&offset=-1`)).body?.cancel();
  const headers = { authorization: `Bearer ${await signToken(CLAIMS)}` };

  for (const [method, by] of [["GET", byUrl], ["POST", byBody]] as const) {
    await t.step(`${method}, straight at Electric`, async () => {
      equal(await readSecret(by(`${electric.url}/v1/shape`, {})), SECRET);
    });
  }
  const proxies: readonly [string, string, (env: Env) => Promise<RunningServer>, string | null][] =
    [
      ["the edge", "/v1/shape", startEdge, null],
      ["the gatekeeper's proxy", "/proxy/v1/shape", startGatekeeper, null],
      [caddyName, "/v1/shape", startCaddy, noCaddy],
    ];
  for (const [name, path, start, missing] of proxies) {
    await t.step({
      name: `through ${name}`,
      ignore: missing !== null,
      fn: async () => {
        await using proxy = await start({ ELECTRIC_URL: electric.url, DATABASE_URL: database.url });
        const url = `${proxy.url}${path}`;
        for (const by of [byUrl, byBody]) equal(await readSecret(by(url, headers)), null);
        const honest = await byUrl(url, headers)('"value" DESC');
        match(await honest.text(), /"b".*"a"/);
      },
    });
  }
});
