import { equal, match } from "node:assert/strict";
import postgres from "postgres";
import { startSyncService } from "../../dev/sync/service.ts";
import { testPostgres } from "../support/postgres.ts";
import { startEdge } from "../support/servers.ts";
import { signHs256 } from "./tokens.ts";

const HIDDEN = "rosebud";
const COLUMNS = ["id", "title"];

/** Asks for the rows of the shape that match a clause; gives how many there are, or the error. */
type Probe = (clause: string) => Promise<number | string>;

async function countRows(response: Response): Promise<number | string> {
  const text = await response.text();
  return response.ok ? JSON.parse(text).data.length : text;
}

/** Guesses a hidden text letter by letter, as an attacker would; `null` where no guess is answered. */
async function guess(probe: Probe): Promise<string | null> {
  let known = "";
  for (;;) {
    let next: string | undefined;
    for (const letter of "abcdefghijklmnopqrstuvwxyz") {
      const found = await probe(`pin LIKE '${known}${letter}%'`);
      if (typeof found === "string") return null;
      if (found > 0) next = letter;
    }
    if (next === undefined) return known;
    known += next;
  }
}

Deno.test("hidden columns can be guessed with subset queries, but not through the edge", async (t) => {
  await using database = await testPostgres();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql`create table notes (id int primary key, title text, pin text)`;
  await sql`insert into notes values (1, 'one', ${HIDDEN})`;
  await sql.end();
  const electric = await startSyncService({ databaseUrl: database.url, port: 0 });
  await using _stopped = { [Symbol.asyncDispose]: () => electric.stop() };
  await using edge = await startEdge({ ELECTRIC_URL: electric.url });

  const shape = { table: "notes", columns: COLUMNS };
  const query = `table=notes&columns=${COLUMNS}&offset=-1`;
  const headers = { authorization: `Bearer ${await signHs256(shape)}` };
  const asGet = (url: string): Probe => async (clause) =>
    await countRows(await fetch(`${url}&subset__where=${encodeURIComponent(clause)}`, { headers }));
  const asPost = (url: string): Probe => async (where) =>
    await countRows(await fetch(url, { method: "POST", headers, body: JSON.stringify({ where }) }));

  for (const [method, probe] of [["GET", asGet], ["POST", asPost]] as const) {
    await t.step(`${method}, without queryable_columns`, async () => {
      equal(await guess(probe(`${electric.url}/v1/shape?${query}`)), HIDDEN);
    });
    await t.step(`${method}, through the edge, which adds them`, async () => {
      const narrowed = probe(`${edge.url}/v1/shape?${query}`);
      equal(await narrowed("title = 'one'"), 1);
      equal(await guess(narrowed), null);
      match(String(await narrowed("pin = 'x'")), /pin/);
      for (const dropped of ["queryable_columns=id,title,pin", "queryable_columns[]=pin"]) {
        equal(await guess(probe(`${edge.url}/v1/shape?${query}&${dropped}`)), null);
      }
    });
  }
});
