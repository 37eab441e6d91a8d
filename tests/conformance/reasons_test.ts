import { deepEqual, equal, match } from "node:assert/strict";
import { GATEKEEPER, type RunningServer, startEdge, startGatekeeper } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { now, signToken } from "../support/token.ts";
import { signIn, startUsersStack } from "../users/stack.ts";

const shape = { table: "items" };
const OTHER = "another secret, which is not the one of the servers";

/** Bad tokens, and what the log says of each. */
const TOKENS: readonly (readonly [reason: string, token: () => Promise<string>])[] = [
  ["no_token", () => Promise.resolve("")],
  ["malformed", () => Promise.resolve("a.b.c")],
  ["too_long", () => Promise.resolve(`${"x".repeat(9000)}`)],
  ["signature", () => signToken({ shape, iss: "gk", aud: "app" }, OTHER)],
  ["algorithm", () => signToken({ shape }, "x".repeat(64), { alg: "HS512" })],
  ["expired", () => signToken({ shape, iss: "gk", aud: "app", exp: 1 })],
  ["not_yet_valid", () => signToken({ shape, iss: "gk", aud: "app", nbf: now() + 999 })],
  ["no_expiry", () => signToken({ shape, iss: "gk", aud: "app", exp: undefined })],
  ["issuer, not gk", () => signToken({ shape, iss: "secret issuer", aud: "app" })],
  ["audience, not app", () => signToken({ shape, iss: "gk", aud: "secret audience" })],
  ["no_shape", () => signToken({ shape: { table: 1 }, iss: "gk", aud: "app" })],
];

async function refuseAll(server: RunningServer, path: string): Promise<void> {
  const url = `${server.url}${path}?table=items&offset=-1`;
  const answers = new Set<string>();
  for (const [reason, token] of TOKENS) {
    const before = server.process.lines.length;
    const bearer = await token();
    // Twice: a line a reason is enough for a flood.
    for (let i = 0; i < 2; i++) {
      const headers = bearer === "" ? {} : { authorization: `Bearer ${bearer}` };
      const response = await fetch(url, { headers });
      answers.add(`${response.status} ${await response.text()}`);
    }
    const lines = server.process.lines.slice(before);
    equal(lines.length, 1, `${reason}: ${lines}`);
    match(lines[0] ?? "", new RegExp(`: 401 ${reason}$`));
  }
  equal(answers.size, 1, "answers tell more than that a token is bad");
  const before = server.process.lines.length;
  const headers = {
    authorization: `Bearer ${await signToken({ shape: { table: "x" }, iss: "gk", aud: "app" })}`,
  };
  equal((await fetch(url, { headers })).status, 403);
  match(server.process.lines.slice(before).join(), /: 403 other_shape$/);
}

Deno.test("the log says why a proxy refuses, and the answer doesn't", async () => {
  await using tap = new Tap();
  const env = { ELECTRIC_URL: tap.url, AUTH_ISSUER: "gk", AUTH_AUDIENCE: "app" };
  await using edge = await startEdge(env);
  await refuseAll(edge, "/v1/shape");
});

Deno.test("the log says why the gatekeeper refuses, and the answer doesn't", async () => {
  await using stack = await startUsersStack();
  const { gatekeeper, sql } = stack;
  await sql`create view seen as select 1 as one`;
  const line = async (table: string, authorization: string | null) => {
    const headers = authorization === null ? undefined : { authorization };
    const url = `${gatekeeper.url}/gatekeeper/${table}`;
    const response = await fetch(url, { method: "POST", ...(headers && { headers }) });
    const { message } = await response.json();
    const said = gatekeeper.process.lines.at(-1)?.replace(/^.* POST \/gatekeeper\/\S+ /, "");
    return [said, message.replace(table, "TABLE")];
  };
  const forbidden = "You may not sync table TABLE.";
  deepEqual(await line("secrets", null), ["403: no_policy", forbidden]);
  deepEqual(await line("seen", null), ["403: no_policy", forbidden]);
  deepEqual(await line("todos", null), ["403: denied", forbidden]);
  await sql`drop table todos`;
  deepEqual(await line("todos", await signIn("alice")), ["403: no_such_table", forbidden]);
  const [said] = await line(
    "items",
    `Bearer ${await signToken({ sub: "1", aud: "authenticated" }, OTHER)}`,
  );
  equal(said, "401: signature");
});

Deno.test("at its start the gatekeeper names policies for what is no table, once", async () => {
  await using tap = new Tap();
  await using stack = await startUsersStack();
  await stack.sql`drop table todos, documents`;
  await using second = await startGatekeeper(
    { DATABASE_URL: stack.database.url, ELECTRIC_URL: tap.url },
    GATEKEEPER,
  );
  const named = second.process.lines.filter((line) => line.includes("policies.ts names"));
  equal(named.length, 1);
  match(named[0] ?? "", /as a table: todos, documents\. Mistyped/);
});
