import { equal } from "node:assert/strict";
import postgres, { type Sql } from "postgres";
import { testPostgres } from "../support/postgres.ts";
import { DevProcess, freePorts, temporaryFolder } from "./dev_process.ts";

/** All that `pg_dump` and `pg_dumpall` would write of a database, as far as anything could change it. */
async function dump(sql: Sql): Promise<unknown> {
  const ofUsers = "nspname !~ '^pg_' and nspname <> 'information_schema'";
  return {
    schemas: await sql.unsafe(
      `select nspname, nspacl from pg_namespace where ${ofUsers} order by 1`,
    ),
    relations: await sql.unsafe(
      // A missing list of rights is the default one, to pg_dump, too.
      `select nspname, relname, relkind, relreplident, relrowsecurity,
         coalesce(relacl, acldefault('r', relowner))::text as rights from pg_class c
       join pg_namespace n on n.oid = relnamespace where ${ofUsers} order by 1, 2`,
    ),
    columns: await sql.unsafe(
      `select relname, attname, atttypid, attnotnull from pg_attribute a
       join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
       where ${ofUsers} and attnum > 0 order by 1, 2`,
    ),
    functions: await sql.unsafe(
      `select proname from pg_proc p join pg_namespace n on n.oid = pronamespace
       where ${ofUsers} order by 1`,
    ),
    publications: await sql`select pubname from pg_publication order by 1`,
    slots: await sql`select slot_name from pg_replication_slots order by 1`,
    roles: await sql`select rolname, rolsuper, rolreplication from pg_roles order by 1`,
    rows: await sql`select * from users`,
  };
}

Deno.test("dev leaves a database of somebody's own as it was", async () => {
  await using folder = await temporaryFolder();
  await using server = await testPostgres();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    await sql`create table users (number int primary key, label text)`;
    await sql`insert into users values (1, 'not ours')`;
    const before = await dump(sql);
    {
      const ports = freePorts();
      await using dev = new DevProcess(ports, folder.path, { DATABASE_URL: server.url });
      await dev.ready();
      // A shape makes the sync service follow the table.
      const shape = `http://localhost:${ports.sync}/v1/shape?table=users&offset=-1`;
      const response = await fetch(shape);
      equal(response.status, 200, await response.text());
      dev.signal("SIGINT");
      await dev.end();
    }
    const after = await dump(sql);
    equal(JSON.stringify(after, null, 1), JSON.stringify(before, null, 1));
  } finally {
    await sql.end({ timeout: 1 });
  }
});
