import assert from "node:assert/strict";
import { BodyRefused, mergeFields, readBody } from "./request_body.ts";

function post(body: string): Request {
  return new Request("http://localhost/v1/shape", { method: "POST", body });
}

Deno.test("a body goes over the query, whatever it names", () => {
  const query = { table: "items", subset__where: "n > 1", subset__limit: "2" };
  assert.deepEqual(mergeFields(query, {}), {
    table: "items",
    subset: { where: "n > 1", limit: "2" },
  });
  assert.deepEqual(mergeFields(query, { table: "secrets", where: "true" }), {
    table: "secrets",
    subset: { where: "true", limit: "2" },
  });
  assert.deepEqual(mergeFields({ table: "items" }, { subset: { where: "a" }, where: "b" }), {
    table: "items",
    where: "b",
    subset: { where: "a" },
  });
});

Deno.test("digits of numbers survive", async () => {
  const { params } = await readBody(post('{"params":{"1":9007199254740993}}'));
  assert.match(JSON.stringify(params), /9007199254740993/);
});

Deno.test("a body that is no JSON object is refused", async () => {
  const refusals = {
    "[]": "Request body must be a JSON object",
    "{": "Invalid JSON in request body",
    '{"a":x}': "Invalid JSON in request body",
  };
  for (const [body, error] of Object.entries(refusals)) {
    await assert.rejects(
      readBody(post(body)),
      (refused) => refused instanceof BodyRefused && refused.body.error === error,
    );
  }
  await assert.rejects(readBody(post(`"${"x".repeat(8_000_001)}"`)), { status: 413 });
  assert.deepEqual(await readBody(post("")), {});
});
