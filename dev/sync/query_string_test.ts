import assert from "node:assert/strict";
import { decodeQuery } from "./query_string.ts";

function decoded(text: string): unknown {
  return JSON.parse(JSON.stringify(decodeQuery(text) ?? null));
}

Deno.test("the last of duplicates wins", () => {
  assert.deepEqual(decoded("table=a&table=b&x"), { table: "b", x: "" });
  assert.deepEqual(decoded("a=1&&=2"), { a: "1", "": "2" });
});

Deno.test("brackets nest", () => {
  assert.deepEqual(decoded("params[1]=a&params%5B2%5D=b"), { params: { 1: "a", 2: "b" } });
  assert.deepEqual(decoded("table[]=a&table[]=b"), { table: ["a", "b"] });
  assert.deepEqual(decoded("a[b][c]=1&a[b][d]=2"), { a: { b: { c: "1", d: "2" } } });
  assert.deepEqual(decoded("a[=1&b]=2"), { "a[": "1", "b]": "2" });
  assert.deepEqual(decoded("__proto__[x]=1&y=2"), JSON.parse('{"__proto__":{"x":"1"},"y":"2"}'));
});

Deno.test("escapes are decoded, what is none stays, bytes must be UTF-8", () => {
  assert.deepEqual(decoded("a=%C3%A9+%zz%2"), { a: "é %zz%2" });
  assert.equal(decodeQuery("a=%ff"), undefined);
});
