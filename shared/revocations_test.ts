import { equal, match, notEqual, throws } from "node:assert/strict";
import { digestOf, isListType, readList, revokedUntil } from "./revocations.ts";

const claims = { iat: 100.5, everyone: 10, subjects: { u1: 20 }, tables: { items: 30 } };

Deno.test("a token is revoked by what names it the latest", () => {
  const list = readList(claims);
  const until = (subject: string, table: string) => revokedUntil(list, { subject, table });
  equal(until("u2", "todos"), 10);
  equal(until("u1", "todos"), 20);
  equal(until("u1", "items"), 30);
  equal(until("u2", "items"), 30);
  const none = readList({ iat: 1, subjects: {}, tables: {} });
  equal(revokedUntil(none, { subject: "u1", table: "items" }), -Infinity);
});

Deno.test("names that objects have by themselves are names like others", () => {
  const text = '{"iat":1,"subjects":{"__proto__":5},"tables":{"constructor":6}}';
  const list = readList(JSON.parse(text));
  equal(revokedUntil(list, { subject: "__proto__", table: "x" }), 5);
  equal(revokedUntil(list, { subject: "toString", table: "constructor" }), 6);
  equal(revokedUntil(list, { subject: "toString", table: "valueOf" }), -Infinity);
});

Deno.test("a list is read whole or not at all", () => {
  for (
    const wrong of [
      { iat: undefined },
      { iat: NaN },
      { everyone: "10" },
      { everyone: null },
      { subjects: undefined },
      { subjects: null },
      { subjects: "u1" },
      { subjects: { u1: "20" } },
      { tables: { items: Infinity } },
      { tables: 1 },
    ]
  ) {
    throws(() => readList(Object.assign({}, claims, wrong)), TypeError);
  }
});

Deno.test("a subject is named by a digest, and nobody by none", async () => {
  match(await digestOf("u1"), /^[\w-]{22}$/);
  equal(await digestOf("u1"), await digestOf("u1"));
  notEqual(await digestOf("u1"), await digestOf("u2"));
  equal(await digestOf(undefined), "");
});

Deno.test("a list is one however its type is written", () => {
  for (const type of ["revocations+jwt", "REVOCATIONS+JWT", "application/Revocations+jwt"]) {
    equal(isListType(type), true, type);
  }
  for (const type of ["JWT", "at+jwt", undefined, 7, {}]) equal(isListType(type), false);
});
