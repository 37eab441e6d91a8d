import type { Column, Table } from "./table.ts";

const TIME_TYPES = new Set(["date", "time", "timetz", "timestamp", "timestamptz"]);
const INTERVAL_UNITS = [
  ["YEAR", 2],
  ["MONTH", 1],
  ["DAY", 3],
  ["HOUR", 10],
  ["MINUTE", 11],
  ["SECOND", 12],
] as const;

/** The `electric-schema` header: the selected columns' types, sorted by name, as JSON. */
export function schemaHeader(table: Table, selected: readonly string[]): string {
  const described = selected.flatMap((name) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    return column === undefined ? [] : [[name, describe(column)] as const];
  });
  return asciiJson(JSON.stringify(Object.fromEntries(described)));
}

function describe(column: Column): Record<string, string | number | boolean> {
  return {
    type: column.type,
    ...(column.dimensions > 0 && { dims: column.dimensions }),
    ...(column.notNull && { not_null: true }),
    ...(column.pkIndex !== undefined && { pk_index: column.pkIndex }),
    ...modifiers(column),
  };
}

/** What `atttypmod` says; its meaning differs by type. */
function modifiers({ type, typeMod }: Column): Record<string, string | number> {
  if (type === "bit" || type === "varbit") return { length: typeMod };
  if (typeMod < 0) return {};
  if (type === "numeric") {
    return { precision: (typeMod - 4) >> 16, scale: ((typeMod - 4) << 16) >> 16 };
  }
  if (type === "interval") return intervalModifiers(typeMod);
  if (type === "varchar" || type === "text") return { max_length: typeMod - 4 };
  if (type === "bpchar") return { length: typeMod - 4 };
  if (TIME_TYPES.has(type)) return typeMod > 0 ? { precision: typeMod } : { type_mod: typeMod };
  return { type_mod: typeMod };
}

/** The high 16 bits name the fields, the low ones the precision. */
function intervalModifiers(typeMod: number): Record<string, string | number> {
  const range = typeMod >> 16;
  const precision = (typeMod << 16) >> 16;
  const units = INTERVAL_UNITS.filter(([, bit]) => (range & (1 << bit)) !== 0).map(([unit]) =>
    unit
  );
  const [first, last] = [units[0], units.at(-1)];
  const isWhole = range === 0x7fff || first === undefined || last === undefined;
  return {
    ...(!isWhole && { fields: first === last ? first : `${first} TO ${last}` }),
    ...(precision !== -1 && { precision }),
  };
}

/** Header values are bytes; names outside Latin-1 can only travel escaped. */
function asciiJson(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
