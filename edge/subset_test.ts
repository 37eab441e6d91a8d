import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import fc from "fast-check";
import { Refusal } from "../shared/refusal.ts";
import { readShape } from "../shared/shape.ts";
import { readSubsetBody, readSubsetParams } from "./subset.ts";

const shape = readShape({ table: "items" });
const readSubset = (request: Request) => readSubsetBody(request, shape);
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
      '"limit":10,"offset":0,"order_by":"\\"n\\""}',
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
      '{"where":"id in (select 1)"}',
      '{"order_by":"n limit 1"}',
      '{"order_by":""}',
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

Deno.test("the same in a URL is read alike, and what Electric ignores is dropped", () => {
  const pieces = readSubsetParams([
    ["subset__where", "n = $1"],
    ["subset__params", '{"1": 9007199254740993}'],
    ["subset__limit", "10"],
    ["subset__offset", "0"],
    ["subset__order_by", "N desc nulls first"],
    ["subset__where_expr", "whatever"],
    ["subset__order_by_expr", "whatever"],
  ], shape);
  deepEqual(pieces.map(decodeURIComponent), [
    "subset__where=n = $1",
    'subset__params={"1":9007199254740993}',
    "subset__limit=10",
    "subset__offset=0",
    'subset__order_by="n" DESC NULLS FIRST',
  ]);
  for (
    const [name, value] of [
      ["where", "exists (select)"],
      ["order_by", "(select 1)"],
      ["limit", "1 union"],
      ["limit", '"1"'],
      ["limit", "-1"],
      ["limit", "1e3"],
      ["limit", ""],
      ["offset", "1.5"],
      ["offset", "(select 1)"],
      ["params", "x"],
      ["params", '{"a":1}'],
      ["params", '{"1":{}}'],
    ] as const
  ) {
    throws(() => readSubsetParams([[`subset__${name}`, value]], shape), { status: 400 }, value);
  }
});

Deno.test("a subset is ordered by the columns that may be queried, and no others", async () => {
  const narrow = readShape({ table: "items", columns: ["id", "Name"] });
  equal(
    await readSubsetBody(post('{"order_by":"\\"Name\\", id"}'), narrow),
    '{"order_by":"\\"Name\\", \\"id\\""}',
  );
  await rejects(readSubsetBody(post('{"order_by":"name"}'), narrow), { status: 400 });
  await rejects(readSubsetBody(post('{"order_by":"secret"}'), narrow), { status: 400 });
});
