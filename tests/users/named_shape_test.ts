import { deepEqual, equal } from "node:assert/strict";
import { testShapes } from "electric-gatekeeper/testing";
import { shapes } from "../../supabase/functions/gatekeeper/policies.ts";
import { follow } from "../sync/followed.ts";
import { ask, signIn, startUsersStack, USERS } from "./stack.ts";

// The official client leaves a timer or two behind when it is told to stop.
const lenient = { sanitizeOps: false, sanitizeResources: false };

Deno.test("the example's named shape follows what a user has still to do", lenient, async () => {
  await using stack = await startUsersStack();
  const { gatekeeper, sql, database } = stack;
  const answer = await ask(gatekeeper.url, "shapes/openTodos", await signIn("alice"));
  equal(answer.status, 200);
  using followed = follow(answer);
  await followed.until((rows) => rows.size === 2);
  await sql`update todos set done = true where title = 'Call Bob'`;
  await followed.until((rows) => rows.size === 1);
  deepEqual([...followed.rows.values()].map((row) => Object.keys(row).sort()), [["id", "title"]]);
  equal((await ask(gatekeeper.url, "shapes/openTodos")).status, 403);
  const listed = await fetch(`${gatekeeper.url}/gatekeeper/shapes`);
  deepEqual(await listed.json(), {
    shapes: [{ name: "openTodos", args: { type: "object", additionalProperties: false } }],
  });

  const asked = { as: { id: USERS.alice }, database: database.url };
  const { shape } = await testShapes(shapes, "openTodos", asked);
  deepEqual(shape, {
    table: "todos",
    where: "owner_id = $1 and done = $2",
    params: [USERS.alice, "false"],
    columns: ["id", "title"],
  });
  equal((await testShapes(shapes, "openTodos", { ...asked, as: null })).reason, "denied");
});

Deno.test("an app's shapes come with one request", async () => {
  await using stack = await startUsersStack();
  const response = await fetch(`${stack.gatekeeper.url}/gatekeeper`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: await signIn("alice") },
    body: JSON.stringify([{ table: "todos" }, { shape: "openTodos" }, { table: "members" }]),
  });
  const answers: { status: number; message?: string }[] = await response.json();
  deepEqual(answers.map(({ status }) => status), [200, 200, 403]);
  equal(answers[2]?.message, "You may not sync table members.");
});
