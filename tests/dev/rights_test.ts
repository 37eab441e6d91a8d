import { match, ok } from "node:assert/strict";
import postgres from "postgres";
import { testPostgres } from "../support/postgres.ts";
import { DevProcess, freePorts, temporaryFolder } from "./dev_process.ts";

Deno.test("a user of DATABASE_URL who isn't superuser is told what to grant, and then it works", async () => {
  await using folder = await temporaryFolder();
  await using server = await testPostgres();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe("create role app login password 'geheim'");
    const DATABASE_URL = server.url.replace("postgres:password", "app:geheim");
    const start = () => new DevProcess(freePorts(), folder.path, { DATABASE_URL });
    let line = "";
    {
      await using dev = start();
      const { lines } = await dev.end();
      line = lines[0] ?? "";
    }
    match(line, /^The user app of DATABASE_URL may not do .* As a superuser, run: alter role /);
    ok(!line.includes("geheim"));
    const grants = /run: (.*;) Tables/.exec(line)?.[1] ?? "";
    // The example's migrations are the user's own business: Postgres lets nobody else into public.
    await sql.unsafe(`${grants} grant all on schema public to app`);
    await using dev = start();
    await dev.ready();
  } finally {
    await sql.end();
  }
});
