import assert from "node:assert/strict";
import { schemaHeader } from "./schema_header.ts";
import type { Column } from "./table.ts";

function described(column: Partial<Column>): unknown {
  const whole: Column = {
    name: "c",
    type: "text",
    typeOid: 25,
    sqlType: "text",
    typeMod: -1,
    dimensions: 0,
    notNull: false,
    generated: false,
    pkIndex: undefined,
    ...column,
  };
  const table = { oid: 1, schema: "public", table: "t", columns: [whole], key: [], schemas: [] };
  return JSON.parse(schemaHeader(table, [whole.name]))[whole.name];
}

Deno.test("type modifiers are told in each type's own terms", () => {
  assert.deepEqual(described({ type: "timestamptz", typeMod: 3 }), {
    type: "timestamptz",
    precision: 3,
  });
  assert.deepEqual(described({ type: "bit", typeMod: 8 }), { type: "bit", length: 8 });
  assert.deepEqual(described({ type: "numeric", typeMod: ((5 << 16) | 2) + 4 }), {
    type: "numeric",
    precision: 5,
    scale: 2,
  });
  // interval day to second(3): bits 3, 10, 11 and 12.
  const dayToSecond = (1 << 3) | (1 << 10) | (1 << 11) | (1 << 12);
  assert.deepEqual(described({ type: "interval", typeMod: (dayToSecond << 16) | 3 }), {
    type: "interval",
    fields: "DAY TO SECOND",
    precision: 3,
  });
});

Deno.test("names outside ASCII are escaped, a header holds bytes", () => {
  assert.deepEqual(described({ name: "größe" }), { type: "text" });
});
