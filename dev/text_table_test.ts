import { equal } from "node:assert/strict";
import { textTable } from "./text_table.ts";

const text = (name: string) => ({ name, right: false });
const number = (name: string) => ({ name, right: true });

Deno.test("rows are lined up as psql does it", () => {
  const rows = [["1", "hello"], ["20", null], ["3", "é\nü"]];
  equal(
    textTable([number("n"), text("value")], rows),
    ["  n | value", "----+-------", "  1 | hello", " 20 |", "  3 | é↵ü", "(3 rows)"].join("\n"),
  );
});

Deno.test("without rows the names stand alone, and an endless value is cut", () => {
  equal(textTable([text("id")], []), " id\n----\n(0 rows)");
  const [, , row = ""] = textTable([text("a")], [["x".repeat(1000)]]).split("\n");
  equal(row, ` ${"x".repeat(199)}…`);
});
