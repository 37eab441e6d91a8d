/** A message of a shape's log, as far as rows come and go by it. */
export interface Message {
  readonly key?: string;
  readonly value?: unknown;
  readonly headers: {
    readonly operation?: string;
    readonly control?: string;
    /** How far an `up-to-date` among Server-Sent Events reaches. */
    readonly global_last_seen_lsn?: string;
    readonly event?: string;
    readonly patterns?: readonly { readonly pos: number; readonly value: string }[];
    readonly tags?: readonly string[];
    readonly active_conditions?: readonly boolean[];
  };
}

/** Why a row is there: the tag `a//b` is one reason, whose conditions 0 and 2 must both hold. */
interface Row {
  readonly value: unknown;
  readonly tags: readonly string[];
  /** By position; one that isn't said holds. */
  readonly conditions: readonly boolean[];
}

/** What is known of a shape's rows, by their keys. */
export type Rows = Map<string, Row>;

/**
 * Takes what messages say of rows, in the log's order; gives them with the deletes. It knows why each row of a
 * shape with subqueries is there, and so which rows a `move-out` takes away: Electric names only the condition
 * that is gone. A row stays while one of its reasons holds, as in TanStack DB.
 *
 * The deletes come before their `move-out`, so that those who handle it by themselves find nothing left to do.
 */
export function follow(messages: readonly Message[], rows: Rows): Message[] {
  return messages.flatMap((message) => {
    const { key, value, headers } = message;
    if (!key) return [...move(headers, rows), message];
    // The tags of an update are all that its row has from now on.
    const known = headers.operation === "update" ? rows.get(key) : undefined;
    const { operation, tags = known?.tags, active_conditions = known?.conditions } = headers;
    if (operation === "delete" || !tags?.length) rows.delete(key);
    else rows.set(key, { value, tags, conditions: active_conditions ?? [] });
    return message;
  });
}

/** Applies a `move-in` or a `move-out`; gives the deletes of rows that lost their last reason. */
function move({ event, patterns }: Message["headers"], rows: Rows): Message[] {
  const deletes: Message[] = [];
  if (!patterns) return deletes;
  for (const [key, { value, tags, conditions: before }] of rows) {
    const reasons = tags.map((tag) => tag.split("/"));
    const conditions = [...before];
    for (const { pos, value } of patterns) {
      if (reasons.some((reason) => reason[pos] === value)) conditions[pos] = event === "move-in";
    }
    const holds = (condition: string, pos: number) => !condition || conditions[pos] !== false;
    if (reasons.some((reason) => reason.every(holds))) rows.set(key, { value, tags, conditions });
    else {
      rows.delete(key);
      deletes.push({ key, value, headers: { operation: "delete" } });
    }
  }
  return deletes;
}
