import { deepEqual, match } from "node:assert/strict";
import { createGatekeeper, definePolicies } from "electric-gatekeeper";
import postgres from "postgres";
import { testPostgres } from "../../tests/support/postgres.ts";
import { addRevocations } from "../../tests/support/revocations.ts";
import { AUTH_SECRET } from "../../tests/support/servers.ts";
import { missingGrants } from "./missing_grants.ts";

const USAGE = 'grant usage on schema gatekeeper to "App User";';
const SELECT = 'grant select on gatekeeper.revocations to "App User";';
const EXECUTE = 'grant execute on function gatekeeper.date_revocations to "App User";';

Deno.test("the grants that the gatekeeper's user lacks are named, at its start, too", async () => {
  await using open = new AsyncDisposableStack();
  const database = open.use(await testPostgres());
  const owner = postgres(database.url, { max: 1, onnotice: () => {} });
  open.defer(() => owner.end({ timeout: 1 }));
  await owner.unsafe(`create role "App User" login password 'secret'`);
  const url = new URL(database.url);
  [url.username, url.password] = ["App User", "secret"];
  const sql = postgres(url.href, { max: 1 });
  open.defer(() => sql.end({ timeout: 1 }));
  deepEqual(await missingGrants(sql), [], "without the migration");

  await addRevocations(owner);
  deepEqual(await missingGrants(sql), [USAGE, SELECT, EXECUTE]);
  const log: string[] = [];
  const gatekeeper = createGatekeeper({
    policies: definePolicies({}),
    database: url.href,
    env: { AUTH_SECRET, ELECTRIC_URL: "http://127.0.0.1:1" },
    log: (line) => log.push(line),
    stopping: new AbortController().signal,
  });
  open.defer(() => gatekeeper.stop());
  await gatekeeper.check();
  const said = log.filter((line) => line.includes("may not read gatekeeper.revocations"));
  deepEqual(said.length, 1, log.join("\n"));
  match(
    said[0] ?? "",
    /nobody is let in.*grant usage on schema.*grant select on.*grant execute on/,
  );

  await owner.unsafe(USAGE);
  deepEqual(await missingGrants(sql), [SELECT, EXECUTE]);
  await owner.unsafe(SELECT);
  deepEqual(await missingGrants(sql), [EXECUTE]);
  await owner.unsafe(EXECUTE);
  deepEqual(await missingGrants(sql), []);
  deepEqual(await missingGrants(owner), []);
});
