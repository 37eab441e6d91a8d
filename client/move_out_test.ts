import { deepEqual } from "node:assert/strict";
import fc from "fast-check";
import { withDeletes } from "./move_out.ts";
import type { Message } from "./reasons.ts";

/** `(a IN s0 AND b IN s1) OR c IN s2`, by the values of a row's three columns and the three subqueries. */
type Values = readonly [a: string, b: string, c: string];

/** Electric, as far as reasons go: keeps rows and subqueries, and writes the log of what is in the shape. */
class World {
  readonly #rows = new Map<string, Values>();
  readonly #inner = [new Set<string>(), new Set<string>(), new Set<string>()];

  visible(): string[] {
    return [...this.#rows].filter(([, values]) => this.#holds(values)).map(([key]) => key).sort();
  }

  /** Sets, changes or takes away a row. */
  set(key: string, values: Values | undefined): Message[] {
    const before = this.#rows.get(key);
    const was = before !== undefined && this.#holds(before);
    if (values) this.#rows.set(key, values);
    else this.#rows.delete(key);
    const is = values !== undefined && this.#holds(values);
    if (!is || !values) {
      return was ? [{ key, value: { key }, headers: { operation: "delete" } }] : [];
    }
    if (!was || !before) return [this.#insert(key, values)];
    const tags = tagsOf(values);
    const removed_tags = tagsOf(before).filter((tag) => !tags.includes(tag));
    const headers = {
      operation: "update",
      tags,
      removed_tags,
      active_conditions: this.#conditions(values),
    };
    return [{ key, value: { key }, headers }];
  }

  /** Lets a value into a subquery, or out of it. */
  move(pos: number, value: string, isIn: boolean): Message[] {
    const inner = this.#inner[pos];
    if (!inner || inner.has(value) === isIn) return [];
    const before = new Set(this.visible());
    if (isIn) inner.add(value);
    else inner.delete(value);
    const headers = { event: isIn ? "move-in" : "move-out", patterns: [{ pos, value }] };
    const entered = this.visible().filter((key) => !before.has(key));
    return [{ headers }, ...entered.map((key) => this.#insert(key, this.#rows.get(key)))];
  }

  #insert(key: string, values: Values = ["", "", ""]): Message {
    const active_conditions = this.#conditions(values);
    const headers = { operation: "insert", tags: tagsOf(values), active_conditions };
    return { key, value: { key }, headers };
  }

  #conditions(values: Values): boolean[] {
    return values.map((value, pos) => this.#inner[pos]?.has(value) === true);
  }

  #holds(values: Values): boolean {
    const [a, b, c] = this.#conditions(values);
    return (a && b) || c === true;
  }
}

function tagsOf([a, b, c]: Values): string[] {
  return [`${a}/${b}/`, `//${c}`];
}

const value = fc.constantFrom("u", "v", "w");
const step = fc.oneof(
  fc.record({
    key: fc.constantFrom("1", "2", "3", "4", "5"),
    values: fc.option(fc.tuple(value, value, value), { nil: undefined, freq: 5 }),
  }),
  fc.record({ pos: fc.nat(2), value, isIn: fc.boolean() }),
);
/** Steps that come in one answer, which comes as many times more as the client didn't get it. */
const batch = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  lost: fc.nat(2),
});

Deno.test("with the deletes that are written into a log, its rows are those that are in the shape", async () => {
  const batches = fc.array(batch, { minLength: 10, maxLength: 30, size: "max" });
  await fc.assert(
    fc.asyncProperty(batches, async (batches) => {
      const world = new World();
      const deletes = withDeletes();
      const rows = new Set<string>();
      for (const [at, { steps, lost }] of batches.entries()) {
        const messages = steps.flatMap((step) =>
          "key" in step
            ? world.set(step.key, step.values)
            : world.move(step.pos, step.value, step.isIn)
        );
        const query = new URLSearchParams({ offset: at === 0 ? "-1" : `${at}_0` });
        const answer = () => deletes(Response.json(messages), query);
        for (let i = 0; i < lost; i++) await answer().text();
        const followed: Message[] = await answer().json();
        for (const { key, headers } of followed) {
          if (key !== undefined && headers.operation === "delete") rows.delete(key);
          else if (key !== undefined) rows.add(key);
        }
        deepEqual([...rows].sort(), world.visible());
      }
    }),
    { numRuns: 500 },
  );
});
