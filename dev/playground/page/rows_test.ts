import type { Message } from "@electric-sql/client";
import { deepEqual, equal } from "node:assert/strict";
import { applyMessages, type Rows } from "./rows.ts";

type Headers = Record<string, string | string[] | boolean[]>;

const change = (
  operation: "insert" | "update" | "delete",
  key: string,
  more: Headers = {},
): Message => ({
  key,
  value: { id: key, [operation]: "yes" },
  headers: { operation, ...more },
});
const move = (event: "move-out" | "move-in", value: string, pos = 0): Message => ({
  headers: { event, patterns: [{ pos, value }] },
});
const apply = (...batches: Message[][]) => {
  let rows: Rows = new Map();
  let applied = applyMessages(rows, []);
  for (const batch of batches) {
    applied = applyMessages(rows, batch);
    rows = applied.rows;
  }
  return { ...applied, keys: [...applied.rows.keys()] };
};

Deno.test("rows come, change and go", () => {
  const start = [change("insert", "a"), change("insert", "b")];
  const { arrived, changed, left, rows, keys } = apply(start, [
    change("update", "a"),
    change("delete", "b"),
    change("insert", "c"),
  ]);
  deepEqual({ arrived, changed, left, keys }, {
    arrived: 1,
    changed: 1,
    left: 1,
    keys: ["a", "c"],
  });
  deepEqual(rows.get("a")?.values, { id: "a", insert: "yes", update: "yes" });
  equal(rows.get("a")?.version, 2);
});

Deno.test("a new beginning takes all rows away", () => {
  const refetch: Message = { headers: { control: "must-refetch" } };
  deepEqual(apply([change("insert", "a")], [refetch, change("insert", "b")]).keys, ["b"]);
});

Deno.test("a right that is taken away takes its rows along, and no others", () => {
  const start = [
    change("insert", "a", { tags: ["x"], active_conditions: [true] }),
    change("insert", "b", { tags: ["y"], active_conditions: [true] }),
    change("insert", "both", { tags: ["x", "y"], active_conditions: [true] }),
  ];
  const { keys, left } = apply(start, [move("move-out", "x")]);
  deepEqual({ keys, left }, { keys: ["b"], left: 2 });
});

Deno.test("a row stays for as long as one of its reasons holds", () => {
  const tags = ["1//", "/org/1"];
  const start = [change("insert", "a", { tags, active_conditions: [true, true, true] })];
  deepEqual(apply(start, [move("move-out", "org", 1)]).keys, ["a"]);
  const closed = [change("insert", "a", { tags, active_conditions: [false, true, true] })];
  deepEqual(apply(closed, [move("move-out", "org", 1)]).keys, []);
});

Deno.test("a row that moves to another reason follows that one", () => {
  const start = [change("insert", "a", { tags: ["x"], active_conditions: [true] })];
  const moved = change("update", "a", {
    tags: ["y"],
    removed_tags: ["x"],
    active_conditions: [true],
  });
  deepEqual(apply(start, [moved], [move("move-out", "x")]).keys, ["a"]);
  deepEqual(apply(start, [moved], [move("move-out", "y")]).keys, []);
});
