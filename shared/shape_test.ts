import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { Refusal } from "./refusal.ts";
import { readShape, type Shape, splitQuery } from "./shape.ts";

const read = (query: string) => readShape(splitQuery(query).fields);

function refused(action: () => unknown, field: string): void {
  throws(action, (error) => {
    ok(error instanceof Refusal && error.status === 400, String(error));
    ok(error.message.includes(field), `${error.message} should name ${field}`);
    return true;
  });
}

Deno.test("spellings of one shape are one shape", () => {
  const spellings = [
    "table=items&columns=id,value",
    "table=public.items&columns=value,id",
    'table="items"&columns="id","value"',
    'columns=ID,"value"&table=ITEMS',
    "table=%22public%22.Items&columns=id,value&replica=default",
    "%74able=items&columns=id%2Cvalue&junk=1&offset=-1",
  ];
  const [first, ...others] = spellings.map(read);
  ok(first !== undefined);
  for (const other of others) ok(first.canonical === other.canonical, other.canonical);
});

Deno.test("other shapes are other shapes", () => {
  const queries = [
    "table=items",
    'table="Items"',
    "table=other.items",
    "table=items&where=true",
    "table=items&where=true%20",
    "table=items&where=TRUE",
    "table=items&columns=id",
    'table=items&columns="ID"',
    "table=items&replica=full",
    "table=items&where=a%3D%241&params[1]=x",
    "table=items&where=a%3D%241&params[1]=y",
    "table=items&where=a%3D%241&params[1]=x&params[2]=",
    'table="items%26where%3Dtrue"',
  ];
  equal(new Set(queries.map((text) => read(text).canonical)).size, queries.length);
});

Deno.test("what could be read in two ways is refused", () => {
  refused(() => read("offset=-1"), "table");
  refused(() => read("table="), "table");
  refused(() => read("table=a&table=a"), "table");
  refused(() => read("table=a.b.c"), "table");
  refused(() => read("table=a&params=x&params[1]=y"), "params");
  refused(() => read("table=a&%74able=b"), "table");
  refused(() => read("table[]=a"), "table");
  refused(() => read("table=a&where[x]=true"), "where");
  refused(() => read("table=a&where="), "where");
  refused(() => read("table=a&where=%20+"), "where");
  refused(() => read("table=a&columns="), "columns");
  refused(() => read("table=a&columns=id,"), "columns");
  refused(() => read("table=a&columns=id,ID"), "columns");
  refused(() => read("table=a&params=x"), "params");
  refused(() => read("table=a&params[2]=x"), "params");
  refused(() => read("table=a&params[0]=x"), "params");
  refused(() => read("table=a&params[01]=x"), "params");
  refused(() => read("table=a&params[]=x"), "params");
  refused(() => read("table=a&params[1][x]=x"), "params");
  refused(() => read("table=a&params[1]=x&params[1]=x"), "params");
  refused(() => read("table=a&replica=x"), "replica");
  refused(() => read("table=a&replica="), "replica");
});

Deno.test("fields of other types are refused", () => {
  const bad: [Record<string, unknown>, string][] = [
    [{ table: ["items"] }, "table"],
    [{ table: 1 }, "table"],
    [{ table: null }, "table"],
    [{ table: { toString: () => "items" } }, "table"],
    [{ table: "a", namespace: 1 }, "namespace"],
    [{ table: "a.b", namespace: "c" }, "table"],
    [{ table: "a", where: ["true"] }, "where"],
    [{ table: "a", where: "\0" }, "where"],
    [{ table: "a", where: "\ud800" }, "where"],
    [{ table: "a", columns: [] }, "columns"],
    [{ table: "a", columns: ["id", " "] }, "columns"],
    [{ table: "a", columns: ["id", 1] }, "columns"],
    [{ table: "a", columns: { 0: "id" } }, "columns"],
    [{ table: "a", params: [1] }, "params[1]"],
    [{ table: "a", params: { a: "b" } }, "params"],
    [{ table: "a", params: { "2": "b" } }, "params"],
    [{ table: "a", params: "x" }, "params"],
    [{ table: "a", replica: true }, "replica"],
    [{ table: "a", limit: 1 }, "unknown"],
    [JSON.parse('{"__proto__": {"table": "items"}}'), "unknown"],
  ];
  for (const [fields, field] of bad) refused(() => readShape(fields), field);
});

Deno.test("lists hold names as the official client takes them", () => {
  deepEqual(readShape({ table: "a", columns: ["createdAt", "C,d", '"Quoted"'] }).columns, [
    "C,d",
    "Quoted",
    "createdAt",
  ]);
});

Deno.test("a token that narrows columns narrows what subsets may query", () => {
  const narrow = readShape({ table: "a", columns: ["id"] });
  deepEqual(narrow.queryable, ["id"]);
  const wider = readShape({ table: "a", columns: ["id"], queryable_columns: ["id", "n"] });
  deepEqual(wider.queryable, ["id", "n"]);
  ok(wider.canonical === narrow.canonical);
  equal(readShape({ table: "a" }).queryable, null);
});

Deno.test("a client's queryable_columns are dropped", () => {
  const { fields } = splitQuery("table=a&queryable_columns=x&queryable_columns[]=y");
  deepEqual(Object.keys(fields), ["table"]);
});

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((value) => !/\p{Cc}/u.test(value) && value.trim() !== "");
const shapes = fc.record({
  namespace: fc.option(text.map((name) => `"${name.replaceAll('"', '""')}"`)),
  table: text.map((name) => `"${name.replaceAll('"', '""')}"`),
  where: fc.option(text),
  columns: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 4 })),
  params: fc.option(fc.array(fc.oneof(text, fc.constant("")), { maxLength: 3 })),
  replica: fc.constantFrom(null, "default", "full"),
  queryable_columns: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 4 })),
}).map((fields) => {
  try {
    return readShape(fields);
  } catch {
    return null;
  }
}).filter((shape) => shape !== null);

Deno.test("a shape is read back from its query", () => {
  fc.assert(fc.property(shapes, (shape) => {
    equal(read(shape.canonical).canonical, shape.canonical);
  }));
});

Deno.test("two shapes are equal only when their parts are", () => {
  fc.assert(fc.property(shapes, shapes, (a, b) => {
    const parts = ({ namespace, name, where, columns, params, full }: Shape) =>
      JSON.stringify([namespace, name, where, columns, params, full]);
    equal(a.canonical === b.canonical, parts(a) === parts(b));
  }));
  notEqual(readShape({ table: "a" }).canonical, readShape({ table: "b" }).canonical);
});
