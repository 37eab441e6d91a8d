import { deepEqual, equal } from "node:assert/strict";
import { applyMigrations } from "../../dev/migrations.ts";
import { digestOf } from "../../shared/revocations.ts";
import { testPostgres } from "../../tests/support/postgres.ts";
import { ROOT } from "../../tests/support/process.ts";
import { connect, type Database } from "../database/database.ts";
import { followDatabase } from "./own.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const config = { url: null, interval: 10, maxAge: 60, required: true };

Deno.test("it looks once at a time, and gives up a connection that doesn't answer", async () => {
  await using postgres = await testPostgres();
  await applyMigrations(postgres.url, ROOT, () => {});
  const database = connect(postgres.url);
  let isHanging = false;
  let begun = 0;
  let replaced = 0;
  const watched: Database = {
    get sql() {
      const begin = (...args: unknown[]) => {
        begun++;
        return isHanging
          ? new Promise(() => {})
          : Reflect.apply(database.sql.begin, database.sql, args);
      };
      return new Proxy(database.sql, {
        get: (sql, key) => key === "begin" ? begin : Reflect.get(sql, key),
      });
    },
    replace: () => void replaced++,
    end: (options) => database.end(options),
  };
  try {
    const revocations = followDatabase(watched, config, () => {});
    await revocations.latest();
    isHanging = true;
    begun = 0;
    await pause(500);
    const waiting = [];
    for (let i = 0; i < 10; i++) {
      waiting.push(revocations.latest());
      await pause(420);
    }
    equal(begun, 1);
    await Promise.all(waiting);
    equal(replaced, 1);
    isHanging = false;
    const { sql } = database;
    await sql`select gatekeeper.revoke(subject => 'alice')`;
    await pause(500);
    const list = await revocations.latest();
    deepEqual([...list?.subjects.keys() ?? []], [await digestOf("alice")]);
  } finally {
    await database.end({ timeout: 1 });
  }
});

Deno.test("an entry is told of for as long as a token may be good, whatever tokens live here", async () => {
  await using postgres = await testPostgres();
  await applyMigrations(postgres.url, ROOT, () => {});
  const database = connect(postgres.url);
  try {
    await database.sql`
      insert into gatekeeper.revocations (subject, before, seen) values
        ('yesterday', now() - interval '24 hours 9 minutes', true),
        ('before', now() - interval '24 hours 11 minutes', true)`;
    const list = await followDatabase(database, config, () => {}).latest();
    deepEqual([...list?.subjects.keys() ?? []], [await digestOf("yesterday")]);
  } finally {
    await database.end({ timeout: 1 });
  }
});
