import { equal, rejects } from "node:assert/strict";
import fc from "fast-check";
import { Refusal } from "./refusal.ts";
import { readSubset } from "./body.ts";

const post = (body: BodyInit) => new Request("http://x", { method: "POST", body });

async function refused(body: BodyInit, status: number): Promise<void> {
  await rejects(
    readSubset(post(body)),
    (error) => error instanceof Refusal && error.status === status,
    String(body).slice(0, 80),
  );
}

Deno.test("a subset is written anew, numbers with their digits", async () => {
  const text = '{ "where": "n = $1", "params": {"1": 9007199254740993, "2": "x", "3": true}, ' +
    '"limit": 10, "offset": 0, "order_by": "n", "where_expr": {"a": [1.50, 1e400]} }';
  equal(
    await readSubset(post(text)),
    '{"where":"n = $1","params":{"1":9007199254740993,"2":"x","3":true},' +
      '"limit":10,"offset":0,"order_by":"n","where_expr":{"a":[1.50,1e400]}}',
  );
  equal(await readSubset(post("{}")), "{}");
});

Deno.test("what isn't a subset is refused", async () => {
  for (
    const body of [
      '{"table":"secrets"}',
      '{"subset":{"where":"true"}}',
      '{"__proto__":{"table":"secrets"}}',
      '{"constructor":1}',
      '{"hasOwnProperty":"where"}',
      '{"where":["true"]}',
      '{"where":"\\u0000"}',
      '{"where":"\\ud800"}',
      '{"where":null}',
      '{"limit":"1"}',
      '{"limit":-1}',
      '{"limit":1.5}',
      '{"limit":1e3}',
      '{"params":"x"}',
      '{"params":{"a":"x"}}',
      '{"params":{"1":{"x":1}}}',
      '{"params":5}',
      '{"order_by_expr":"n"}',
      "[]",
      "null",
      "1",
      "",
      "{",
      '{"where":"a"}{',
      "[".repeat(500_000),
      `{"where_expr":${"[".repeat(300_000)}${"]".repeat(300_000)}}`,
    ]
  ) await refused(body, 400);
  const latin1 = Uint8Array.from('{"where":"\xff"}', (char) => char.charCodeAt(0));
  await refused(latin1, 400);
  await refused(`{"where":"${"x".repeat(1024 * 1024)}"}`, 413);
});

Deno.test("no JSON, however nasty, becomes anything but a subset or a refusal", async () => {
  const names = ["where", "table", "params", "limit", "__proto__", "offset", "columns", "secret"];
  const bodies = fc.dictionary(fc.constantFrom(...names), fc.jsonValue(), { maxKeys: 3 });
  await fc.assert(fc.asyncProperty(bodies, async (body) => {
    try {
      const written = JSON.parse(await readSubset(post(JSON.stringify(body))));
      for (const name of ["table", "columns", "secret", "__proto__"]) {
        equal(Object.hasOwn(written, name), false);
      }
    } catch (error) {
      equal(error instanceof Refusal, true);
    }
  }));
});
