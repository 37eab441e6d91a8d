import type { Cell } from "./pgoutput.ts";

/** Postgres's literal of an array of texts: quoted, backslash and quote escaped. */
export function arrayLiteral(values: readonly Cell[]): string {
  const items = values.map((value) =>
    value === null || value === undefined ? "NULL" : `"${value.replace(/["\\]/g, "\\$&")}"`
  );
  return `{${items.join(",")}}`;
}
