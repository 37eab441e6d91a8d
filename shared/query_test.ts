import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { readQuery, readText, targetOf, writeQuery } from "./query.ts";
import { Refusal } from "./refusal.ts";

Deno.test("a query is read in order, with + and %20 as blanks", () => {
  deepEqual(readQuery("a=1&b=x+y%20z&a=2&c&&=d"), [
    ["a", "1"],
    ["b", "x y z"],
    ["a", "2"],
    ["c", ""],
    ["", "d"],
  ]);
  deepEqual(readQuery(""), []);
  deepEqual(readQuery("?table=x"), [["?table", "x"]]);
  deepEqual(readQuery("a=b=c"), [["a", "b=c"]]);
  deepEqual(readQuery("%74able=%F0%9F%99%82"), [["table", "🙂"]]);
});

Deno.test("bad encodings and characters are refused, not repaired", () => {
  const bad = [
    "a=%zz",
    "a=%",
    "a=%ff",
    "a=%c0%af",
    "a=%ed%a0%80",
    "a=%00",
    "a=%0a",
    "%0d=1",
    "a=%7f",
  ];
  for (const query of [...bad, `a=${"x".repeat(8193)}`, "a=%c2%85"]) {
    throws(
      () => readQuery(query),
      (error) => error instanceof Refusal && error.status === 400,
      query,
    );
  }
});

Deno.test("lone surrogates are refused", () => {
  throws(() => readText("where", "\ud800"), Refusal);
});

Deno.test("paths and queries are taken as they came", () => {
  const at = (path: string) => targetOf(new Request(`http://localhost:8000${path}`));
  deepEqual(at("/v1/%73hape?table=a%20b&x"), { path: "/v1/%73hape", query: "table=a%20b&x" });
  deepEqual(at("//v1/shape"), { path: "//v1/shape", query: "" });
  equal(at("/v1/shape/").path, "/v1/shape/");
  equal(at("/?a=http://x/y?z").query, "a=http://x/y?z");
});

Deno.test("a path in the Host header is no path", () => {
  for (const host of ["x/v1/shape?a=", "x?", "x/v1/shape#"]) {
    const request = new Request("http://x/v1/shape?a=/health", { headers: { host } });
    deepEqual(targetOf(request), { path: "", query: "" });
  }
});

Deno.test("pairs are read back as they were written", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((value) =>
    !/\p{Cc}/u.test(value)
  );
  fc.assert(fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (pairs) => {
    deepEqual(readQuery(writeQuery(pairs).join("&")), pairs);
  }));
  deepEqual(writeQuery([["a", null], ["b", undefined], ["c", ""]]), ["c="]);
});
