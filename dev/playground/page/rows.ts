import { type ChangeMessage, isChangeMessage, type Message } from "@electric-sql/client";

/** A row's columns as texts. */
export type Values = Readonly<Record<string, unknown>>;

/** A row that a shape holds. */
export interface Row {
  readonly values: Values;
  /** Why it is in the shape, where subqueries say so: one of these must hold, in all its parts. */
  readonly tags: ReadonlySet<string>;
  /** Which parts of tags hold; where a shape has none, all do. */
  readonly active: readonly boolean[];
  /** How often it has changed. */
  readonly version: number;
}

/** The rows of a shape, by their keys. */
export type Rows = ReadonlyMap<string, Row>;

/** Rows after some messages of the stream's, and what these have done. */
export interface Applied {
  readonly rows: Rows;
  readonly arrived: number;
  readonly changed: number;
  readonly left: number;
}

/** Applies a batch of Electric's messages: changes, rows that move in and out, and a new beginning. */
export function applyMessages(before: Rows, messages: readonly Message[]): Applied {
  const rows = new Map(before);
  const touched = new Set<string>();
  for (const message of messages) {
    if (isChangeMessage(message)) {
      applyChange(rows, message);
      touched.add(message.key);
    } else if (isMove(message)) {
      const isActive = message.headers.event === "move-in";
      for (const { pos, value } of message.headers.patterns) move(rows, pos, value, isActive);
    } else if (message.headers["control"] === "must-refetch") {
      rows.clear();
    }
  }
  for (const [key, row] of rows) {
    if (!isIn(row)) rows.delete(key);
  }
  const arrived = [...rows.keys()].filter((key) => !before.has(key)).length;
  const left = [...before.keys()].filter((key) => !rows.has(key)).length;
  const changed = [...touched].filter((key) => before.has(key) && rows.has(key)).length;
  return { rows, arrived, changed, left };
}

function applyChange(rows: Map<string, Row>, { key, value, headers }: ChangeMessage): void {
  if (headers.operation === "delete") return void rows.delete(key);
  const old = rows.get(key);
  const tags = new Set(old?.tags);
  for (const tag of headers.removed_tags ?? []) tags.delete(tag);
  for (const tag of headers.tags ?? []) tags.add(tag);
  rows.set(key, {
    values: headers.operation === "update" ? { ...old?.values, ...value } : value,
    tags,
    active: headers.active_conditions ?? old?.active ?? [],
    version: (old?.version ?? 0) + 1,
  });
}

type Move = Extract<Message, { readonly headers: { readonly event: string } }>;

const isMove = (message: Message): message is Move => "event" in message.headers;

const partsOf = (tag: string) => tag.split(/[/|]/);

/** A part of the tags that name this value holds from now on, or no longer. */
function move(rows: Map<string, Row>, pos: number, value: string, isActive: boolean): void {
  for (const [key, row] of rows) {
    const isMeant = [...row.tags].some((tag) => partsOf(tag)[pos] === value);
    if (!isMeant) continue;
    const active = [...row.active];
    active[pos] = isActive;
    rows.set(key, { ...row, active });
  }
}

function isIn({ tags, active }: Row): boolean {
  if (tags.size === 0) return true;
  return [...tags].some((tag) =>
    partsOf(tag).every((part, pos) => part === "" || active[pos] !== false)
  );
}
