import { deepEqual, equal, match, throws } from "node:assert/strict";
import { ConfigError } from "../../shared/config_error.ts";
import { readShape } from "../../shared/shape.ts";
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

Deno.test("what isn't a value is named by its place, its kind and what to do, never by what it holds", () => {
  const said = (value: unknown) => {
    try {
      Reflect.apply(rows, null, [Object.assign(["a = ", " and b = ", ""], { raw: [] }), 1, value]);
    } catch (error) {
      return error instanceof TypeError ? error.message : error;
    }
  };
  const given = "rows`…` was given ";
  equal(said(undefined), `${given}undefined as $2: decide without it, for example answer null`);
  equal(said(null), `${given}null as $2: decide without it, for example answer null`);
  equal(said(new Date()), `${given}a Date as $2: write it as text, for example with toISOString()`);
  equal(said(Promise.resolve("x")), `${given}a promise as $2: await it`);
  const plain = "give it text, a finite number, a bigint, true or false";
  equal(said({ id: "hidden" }), `${given}an object as $2: ${plain}`);
  equal(said(Symbol("hidden")), `${given}a symbol as $2: ${plain}`);
  equal(said(NaN), `${given}NaN as $2: ${plain}`);
  equal(said(["x", ["hidden"]]), `${given}a list as element 2 of the list for $2: ${plain}`);
  match(`${said(["x", new Date()])}`, /a Date as element 2 of the list for \$2: write it as text/);
  match(`${said([{ id: undefined }])}`, /undefined as element 1 of the list for \$2/);
  match(`${said([{ a: 1, b: 2 }])}`, /a row of 2 columns as element 1 .* select exactly one$/);
  equal(said([{ id: "x" }]), undefined);
});

Deno.test("rows called without being a tag says how to write it", () => {
  for (const clause of ["owner_id = 1", ["owner_id = ", ""], undefined, null, 1]) {
    throws(() => Reflect.apply(rows, null, [clause, 1]), {
      name: "TypeError",
      message: "rows is a tag: write rows`…`, without parentheses",
    });
  }
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
