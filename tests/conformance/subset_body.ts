import assert from "node:assert/strict";
import type { Check } from "./check.ts";

const JSON_BODY = [["content-type", "application/json"]] as const;
const MEBIBYTE = 1024 * 1024;

/** Bodies that aren't a subset query's. */
const BAD: readonly string[] = [
  "",
  "x",
  "{",
  "[]",
  "null",
  '"where"',
  "1",
  "{} {}",
  '{"where":1}',
  '{"where":["a"]}',
  '{"limit":"1"}',
  '{"limit":-1}',
  '{"limit":1.5}',
  '{"limit":1e3}',
  '{"params":"x"}',
  '{"params":{"1":{"a":1}}}',
  '{"params":{"x":"1"}}',
  '{"table":"secrets"}',
  '{"where":"a","table":"secrets"}',
  '{"where":"a","columns":["id"]}',
  '{"where":"a","queryable_columns":["id"]}',
  '{"where":"a","replica":"full"}',
  '{"where":"a","secret":"x"}',
  '{"where":"a","offset_":1}',
  '{"where":"a","__proto__":{"table":"secrets"}}',
  '{"where":"a","subset__where":"b"}',
  "where=a",
];

/** What a real Electric lets through in a body, and reads other tables with. */
const HOSTILE: readonly string[] = [
  `{"order_by":"value OFFSET (select 1/(select count(*) from secrets where v like 'T%'))"}`,
  '{"order_by":"pg_sleep(2)"}',
  '{"order_by":"value; drop table items"}',
  '{"where":"id in (select id from secrets)"}',
  '{"where":"true) or (true"}',
  '{"where":"true order by pg_sleep(2)"}',
];

/** Subset queries by POST: Electric merges their body over the query. */
export const subsetBody: readonly Check[] = [
  ["a subset query's body arrives rebuilt, digits kept", async (subject) => {
    const body = '{ "where": "n = $1 and b = $2", "params": {"1": 9007199254740993, "2": true},\n' +
      ' "limit": 10, "offset": 0, "order_by": "n", "where_expr": {"args": [123456789012345678901.50]},' +
      ' "order_by_expr": [{"column": "n"}], "where": "größe = $1" }';
    const response = await subject.ask({ method: "POST", headers: JSON_BODY, body });
    assert.equal(response.status, 200, response.text);
    const { method, headers, body: bytes } = subject.tap.request;
    assert.equal(method, "POST");
    const arrived = new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
    assert.equal(
      arrived,
      '{"where":"größe = $1","params":{"1":9007199254740993,"2":true},"limit":10,"offset":0,' +
        '"order_by":"\\"n\\""}',
    );
    assert.equal(Object.fromEntries(headers)["content-type"], "application/json");
    assert.equal(Object.fromEntries(headers)["content-length"], `${bytes.length}`);
  }],
  ["it may come chunked, as a list of params, and under any content type", async (subject) => {
    const body = ['{"params":', '["a",1]', "}"];
    const headers = [["content-type", "text/plain"]] as const;
    const response = await subject.ask({ method: "POST", headers, body });
    assert.equal(response.status, 200, response.text);
    assert.equal(subject.tap.request.body, '{"params":["a",1]}');
    const arrived = Object.fromEntries(subject.tap.request.headers);
    assert.equal(arrived["content-type"], "application/json");
  }],
  ["a body that isn't a subset query is 400", async (subject) => {
    for (const body of BAD) {
      const response = await subject.ask({ method: "POST", headers: JSON_BODY, body });
      assert.equal(response.status, 400, body);
      subject.assertRefused(response, 400, /body/);
    }
    const nested = `{"where_expr":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    const invalid = Uint8Array.from('{"where":"\xff"}', (char) => char.charCodeAt(0));
    for (const body of [nested, invalid]) {
      const response = await subject.ask({ method: "POST", headers: JSON_BODY, body });
      subject.assertRefused(response, 400, /body/);
    }
  }],
  ["SQL beyond columns and conditions is 400 and never asked upstream", async (subject) => {
    for (const body of HOSTILE) {
      const response = await subject.ask({ method: "POST", headers: JSON_BODY, body });
      subject.assertRefused(response, 400, /order_by|where/);
    }
  }],
  ["a body beyond 1 MiB is 413, with and without content-length", async (subject) => {
    const text = `{"where":"${"x".repeat(MEBIBYTE)}"}`;
    const pieces = text.match(/.{1,65536}/gs) ?? [];
    for (const body of [text, pieces]) {
      const response = await subject.ask({ method: "POST", headers: JSON_BODY, body });
      subject.assertRefused(response, 413, /1 MiB/);
    }
  }],
  ["a body of 1 MiB isn't too large", async (subject) => {
    const text = `{"params":{"1":"${"x".repeat(MEBIBYTE - 19)}"}}`;
    assert.equal(text.length, MEBIBYTE);
    const response = await subject.ask({ method: "POST", headers: JSON_BODY, body: text });
    assert.equal(response.status, 200);
    assert.equal(subject.tap.request.body, text);
  }],
  ["POST without a token or for another shape never asks upstream", async (subject) => {
    const ask = { method: "POST", headers: JSON_BODY, body: "{}" };
    subject.assertRefused(await subject.ask({ ...ask, shape: null }), 401, /token/);
    subject.assertRefused(await subject.ask({ ...ask, query: "table=secrets" }), 403, /shape/);
  }],
];
