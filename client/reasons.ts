/** A message of a shape's log, as far as rows come and go by it. */
export interface Message {
  readonly key?: string;
  readonly value?: unknown;
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

/** Takes a batch of messages in the log's order, and gives it with the deletes. */
export type Follow = (messages: readonly Message[]) => Message[];

/** Why a row is there: the tag `a//b` is one reason, whose conditions 0 and 2 must both hold. */
interface Row {
  readonly value: unknown;
  readonly tags: Set<string>;
  /** By position; one that isn't said holds. */
  conditions: boolean[];
}

/**
 * Knows why each row of a shape with subqueries is there, and so which rows a `move-out` takes away: Electric
 * names only the condition that is gone. A row stays while one of its reasons holds, as in TanStack DB.
 *
 * The deletes come before their `move-out`, so that those who handle it by themselves find nothing left to do.
 */
export function followReasons(): Follow {
  const rows = new Map<string, Row>();

  const note = (key: string, { headers, value }: Message) => {
    const { operation, tags = [], removed_tags = [], active_conditions } = headers;
    const known = operation === "update" && rows.get(key);
    const row = known || { value, tags: new Set(), conditions: [] };
    for (const tag of tags) row.tags.add(tag);
    for (const tag of removed_tags) row.tags.delete(tag);
    if (active_conditions) row.conditions = [...active_conditions];
    if (operation !== "delete" && row.tags.size > 0) rows.set(key, row);
    else rows.delete(key);
  };

  /** Applies a `move-in` or a `move-out`; gives the deletes of rows that lost their last reason. */
  const move = ({ event, patterns = [] }: Message["headers"]) => {
    const deletes: Message[] = [];
    for (const [key, { value, tags, conditions }] of rows) {
      const reasons = [...tags].map((tag) => tag.split("/"));
      for (const { pos, value } of patterns) {
        if (reasons.some((reason) => reason[pos] === value)) conditions[pos] = event === "move-in";
      }
      const holds = (condition: string, pos: number) => !condition || conditions[pos] !== false;
      if (reasons.some((reason) => reason.every(holds))) continue;
      rows.delete(key);
      deletes.push({ key, value, headers: { operation: "delete" } });
    }
    return deletes;
  };

  return (messages) =>
    messages.flatMap((message) => {
      if (message.key) note(message.key, message);
      return message.headers.event ? [...move(message.headers), message] : message;
    });
}
