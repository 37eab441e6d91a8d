import { deepEqual, equal, throws } from "node:assert/strict";
import { ConfigError } from "../shared/env.ts";
import { readShape } from "../shared/shape.ts";
import { allow, definePolicies, deny, rows } from "./policy.ts";

Deno.test("values become parameters, lists the text of an array", () => {
  const some = rows`owner = ${"x') or true --"} and n = any(${[2, 1, 2]}) and ok = ${true}`;
  equal(some.where, "owner = $1 and n = any($2) and ok = $3");
  deepEqual(some.params, ["x') or true --", "{1,2}", "true"]);
  deepEqual(rows`a = any(${[{ id: "y" }, { id: "x" }]})`.params, ["{x,y}"]);
  deepEqual(some.columns("id", "n").only, ["id", "n"]);
});

Deno.test("a clause may be written on several lines, but not with comments", () => {
  const { where } = rows`a = ${1}
    and b`;
  equal(where, "a = $1 and b");
  throws(() =>
    rows`a -- not b
    and b`, TypeError);
});

Deno.test("what isn't a value is refused", () => {
  for (const list of [[{ a: 1, b: 2 }], [{}], [{ a: NaN }]]) {
    throws(() => rows`id = any(${list})`, TypeError);
  }
  throws(() => rows`id = ${Infinity}`, TypeError);
});

Deno.test("policies are found by Electric's rules for names, and a table without one is nobody's", () => {
  const policies = definePolicies({ Items: allow, '"Items"': allow, "app.notes": allow });
  const of = (name: string) => policies(readShape({ table: name }).table);
  deepEqual(
    ["items", "public.ITEMS", '"Items"', "app.notes"].map(of),
    [allow, allow, allow, allow],
  );
  deepEqual(
    ["notes", '"ITEMS"', "constructor", "__proto__", '"app.notes"'].map(of),
    [deny, deny, deny, deny, deny],
  );
  throws(() => definePolicies({ items: allow, "public.items": deny }), ConfigError);
  throws(() => definePolicies({ "a b": allow }), ConfigError);
});

/** Never run: what follows each `@ts-expect-error` must not compile, or `deno check` complains. */
export const mistakes = () => [
  // @ts-expect-error: the anonymous user has no id
  definePolicies({ todos: ({ user }) => rows`owner_id = ${user.id}` }),
  // @ts-expect-error: neither has an optional one
  definePolicies({ todos: ({ user }) => rows`email = ${user?.email}` }),
  // @ts-expect-error: a clause alone would have been glued together
  definePolicies({ todos: ({ user }) => `owner_id = '${user?.id}'` }),
  // @ts-expect-error: nothing is no answer
  definePolicies({ todos: () => {} }),
  // @ts-expect-error: "yes" is no answer
  definePolicies({ todos: "yes" }),
  // @ts-expect-error: an object is no answer; `rows` makes one
  definePolicies({ todos: () => ({ where: "true" }) }),
  // @ts-expect-error: a slip in a name
  definePolicies({ todos: ({ usr }) => usr !== null }),
  // @ts-expect-error: no columns are all columns to Electric
  rows`true`.columns(),
  // @ts-expect-error: a query must be awaited
  definePolicies({ todos: ({ sql }) => rows`id = any(${sql`select 1`})` }),
  // @ts-expect-error: a date could be written in many ways
  rows`at > ${new Date()}`,
];
