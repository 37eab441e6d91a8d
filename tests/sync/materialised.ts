import assert from "node:assert/strict";

type Value = Record<string, string | null>;

interface Headers {
  readonly operation?: "insert" | "update" | "delete";
  readonly control?: string;
  readonly event?: "move-in" | "move-out";
  readonly patterns?: readonly { readonly pos: number; readonly value: string }[];
  readonly tags?: readonly string[];
  readonly removed_tags?: readonly string[];
  readonly active_conditions?: readonly boolean[];
}

/** A message of a shape's log. */
export interface Message {
  readonly key?: string;
  readonly value?: Value;
  readonly headers: Headers;
}

interface Present {
  value: Value;
  /** Slots by disjunct. */
  tags: string[][];
  conditions: boolean[];
}

/**
 * A shape's rows as its log makes them, moves included, as TanStack DB understands them; and
 * stricter: an insert of a row that is there, or a change of one that isn't, is an error.
 */
export class Materialised {
  readonly #rows = new Map<string, Present>();

  get values(): Value[] {
    return [...this.#rows.values()].map(({ value }) => value);
  }

  /** Applies one message. */
  apply({ key, value, headers }: Message): void {
    if (headers.control === "must-refetch") this.#rows.clear();
    if (headers.event !== undefined) this.#move(headers);
    if (key === undefined || value === undefined) return;
    const what = `${headers.operation} ${key}`;
    assert.equal(this.#rows.has(key), headers.operation !== "insert", what);
    if (headers.operation === "delete") {
      this.#rows.delete(key);
      return;
    }
    const old = this.#rows.get(key);
    const tags = (headers.tags ?? []).map((tag) => tag.split("/"));
    const kept = old?.tags.map((slots) => slots.join("/"))
      .filter((tag) => !headers.removed_tags?.includes(tag) && !headers.tags?.includes(tag));
    assert.deepEqual(kept ?? [], [], `${what} leaves tags behind`);
    const conditions = [...headers.active_conditions ?? []];
    assert.ok(isVisible(tags, conditions), `${what} doesn't belong`);
    this.#rows.set(key, { value: { ...old?.value, ...value }, tags, conditions });
  }

  #move({ event, patterns = [] }: Headers): void {
    for (const { pos, value } of patterns) {
      for (const [key, row] of this.#rows) {
        if (!row.tags.some((slots) => slots[pos] === value)) continue;
        row.conditions[pos] = event === "move-in";
        if (!isVisible(row.tags, row.conditions)) this.#rows.delete(key);
      }
    }
  }
}

function isVisible(tags: readonly string[][], conditions: readonly boolean[]): boolean {
  return tags.some((slots) => slots.every((slot, pos) => slot === "" || conditions[pos] === true));
}

/** A shape followed by long polls. */
export interface FollowedShape {
  readonly rows: () => Value[];
  /** How often it had to start anew. */
  readonly restarts: () => number;
  /** Every message that came. */
  readonly messages: readonly Message[];
  /** Ends the poll; rejects when the log couldn't be applied. */
  stop(): Promise<void>;
}

/** Follows a shape until it is told to stop; `query` has what defines it. */
export function followLog(base: string, query: Readonly<Record<string, string>>): FollowedShape {
  const aborter = new AbortController();
  const messages: Message[] = [];
  let materialised = new Materialised();
  let restarts = 0;
  const run = async () => {
    let at: Record<string, string> = { offset: "-1" };
    while (!aborter.signal.aborted) {
      const url = `${base}/v1/shape?${new URLSearchParams({ ...query, ...at })}`;
      const response = await fetch(url, { signal: aborter.signal });
      const body: Message[] = await response.json();
      if (response.status === 409) {
        materialised = new Materialised();
        restarts++;
        at = { offset: "-1" };
        continue;
      }
      assert.equal(response.status, 200, JSON.stringify(body));
      messages.push(...body);
      for (const message of body) materialised.apply(message);
      const isUpToDate = response.headers.has("electric-up-to-date");
      at = {
        offset: response.headers.get("electric-offset") ?? "",
        handle: response.headers.get("electric-handle") ?? "",
        ...(isUpToDate && { live: "true" }),
      };
    }
  };
  const running = run().catch((error) => {
    if (!aborter.signal.aborted) throw error;
  });
  // Heard of at the end; until then nobody waits for it.
  running.catch(() => {});
  return {
    rows: () => materialised.values,
    restarts: () => restarts,
    messages,
    stop: async () => {
      aborter.abort();
      await running;
    },
  };
}
