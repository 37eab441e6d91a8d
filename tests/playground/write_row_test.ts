import { deepEqual, rejects } from "node:assert/strict";
import postgres from "postgres";
import type { RowChange } from "../../dev/playground/protocol.ts";
import { writeRow } from "../../dev/playground/write_row.ts";
import { Refusal } from "../../shared/refusal.ts";
import { testPostgres } from "../support/postgres.ts";

const isRefused = (text: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.status === 400 && text.test(error.message);

Deno.test("one row is written, and nothing that is sent becomes SQL", async (t) => {
  await using database = await testPostgres();
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  const write = (change: Partial<RowChange>) =>
    writeRow(sql, {
      schema: "public",
      name: 'Odd "table',
      action: "insert",
      key: {},
      values: {},
      ...change,
    });
  const rows = async () => [...await sql`select * from "Odd ""table" order by id`];
  try {
    await sql`create table "Odd ""table" (id int primary key, "a ""b" text default 'd', done boolean, at timestamp, tags text[])`;

    await t.step("values are read as their columns' types", async () => {
      const values = {
        id: "1",
        'a "b': "'; drop table x; --",
        done: "true",
        at: "2026-01-02",
        tags: "{a,b}",
      };
      await write({ values });
      const [row] = await rows();
      deepEqual({ ...row, at: row?.["at"].getFullYear() }, {
        ...{ id: 1, 'a "b': "'; drop table x; --", done: true, at: 2026, tags: ["a", "b"] },
      });
      await write({ action: "update", key: { id: "1" }, values: { 'a "b': null, done: "false" } });
      deepEqual((await rows()).map((one) => [one['a "b'], one["done"]]), [[null, false]]);
    });
    await t.step("one row at a time, by all of its key", async () => {
      await write({ values: { id: "2" } });
      for (const action of ["update", "delete"] as const) {
        const values = { done: "true" };
        await rejects(write({ action, values }), isRefused(/all of its key: id/));
        await rejects(write({ action, values, key: { done: "false" } }), isRefused(/key/));
        await rejects(write({ action, values, key: { id: "9" } }), isRefused(/no such row/));
      }
      await write({ action: "delete", key: { id: "1" } });
      deepEqual((await rows()).map(({ id }) => id), [2]);
    });
    await t.step("names come from the catalogue", async () => {
      await rejects(write({ name: "pg_class" }), isRefused(/no such table/));
      await rejects(write({ schema: "pg_catalog", name: "pg_authid" }), isRefused(/no such table/));
      await rejects(write({ values: { "id) values (3); --": "1" } }), isRefused(/no column/));
      await rejects(
        write({ values: { id: "1; drop" } }),
        isRefused(/Postgres says: invalid input/),
      );
      deepEqual((await rows()).length, 1);
    });
  } finally {
    await sql.end({ timeout: 1 });
  }
});
