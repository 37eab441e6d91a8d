/** A message of a shape's log, as far as rows come and go by it. */
export interface Message {
  readonly key?: string;
  readonly value?: Readonly<Record<string, unknown>>;
  readonly headers: {
    readonly operation?: string;
    readonly control?: string;
    readonly event?: string;
    readonly patterns?: readonly { readonly pos: number; readonly value: string }[];
    readonly tags?: readonly string[];
    readonly removed_tags?: readonly string[];
    readonly active_conditions?: readonly boolean[];
  };
}

/** Why a row is in the shape: `a//b` is one reason, whose conditions 0 and 2 must both hold. */
interface Row {
  readonly value: Readonly<Record<string, unknown>>;
  readonly tags: Set<string>;
  /** By position, where Electric says it; otherwise a tag that has gone is a reason that has gone. */
  conditions: boolean[] | undefined;
}

/**
 * Knows why each row of a shape with subqueries is there, and so which rows a `move-out` takes away: Electric
 * names only the reason that is gone. A row stays while one of its reasons holds, as in TanStack DB.
 */
export class Reasons {
  readonly #rows = new Map<string, Row>();

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  clear(): void {
    this.#rows.clear();
  }

  /**
   * Takes messages in the log's order, and gives them with a `delete` of each row that a `move-out` takes away
   * before it, so that those who handle the `move-out` by themselves find nothing left to do.
   *
   * @param keep gives what a `delete` must hold of a row's value.
   */
  follow(messages: readonly Message[], keep: (value: Row["value"]) => Row["value"]): Message[] {
    return messages.flatMap((message) => {
      if (message.key !== undefined) this.#note(message.key, message, keep);
      return message.headers.event === undefined ? message : [...this.#move(message), message];
    });
  }

  #note(
    key: string,
    { headers, value = {} }: Message,
    keep: (value: Row["value"]) => Row["value"],
  ) {
    const { operation, tags, removed_tags = [], active_conditions } = headers;
    if (operation === "delete") {
      this.#rows.delete(key);
      return;
    }
    let row = operation === "update" ? this.#rows.get(key) : undefined;
    if (!row) {
      if (!tags) return;
      row = { value: keep(value), tags: new Set(), conditions: undefined };
      this.#rows.set(key, row);
    }
    for (const tag of tags ?? []) row.tags.add(tag);
    for (const tag of removed_tags) row.tags.delete(tag);
    if (active_conditions) row.conditions = [...active_conditions];
  }

  /** Applies a `move-in` or a `move-out`; gives the deletes of rows that lost their last reason. */
  #move({ headers: { event, patterns = [] } }: Message): Message[] {
    const moved = new Set(patterns.map(({ pos, value }) => `${pos}/${value}`));
    const deletes: Message[] = [];
    for (const [key, row] of this.#rows) {
      let isMeant = false;
      for (const tag of row.tags) {
        tag.split("/").forEach((value, pos) => {
          if (!moved.has(`${pos}/${value}`)) return;
          isMeant = true;
          if (row.conditions) row.conditions[pos] = event === "move-in";
          else if (event === "move-out") row.tags.delete(tag);
        });
      }
      if (!isMeant || event !== "move-out" || isThere(row)) continue;
      this.#rows.delete(key);
      deletes.push({ key, value: row.value, headers: { operation: "delete" } });
    }
    return deletes;
  }
}

function isThere({ tags, conditions }: Row): boolean {
  if (!conditions) return tags.size > 0;
  return [...tags].some((tag) =>
    tag.split("/").every((value, pos) => value === "" || conditions[pos])
  );
}
