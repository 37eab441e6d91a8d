import type { RawResponse } from "./recording.ts";

/** Where values that differ from run to run stand, and the family each belongs to. */
const PATTERNS: readonly (readonly [pattern: RegExp, families: readonly string[]])[] = [
  [/\b(\d{4,10})-(\d{16})\b/g, ["hash", "born"]],
  [/\b(\d{5,})_(?:\d+|inf)\b/g, ["lsn"]],
  [/"(?:global_last_seen_)?lsn":"(\d+)"/g, ["lsn"]],
  [/"txids":\[(\d+)\]/g, ["xid"]],
  [/"xm(?:ax|in)":"(\d+)"/g, ["xid"]],
  [/"snapshot_mark":(\d+)/g, ["mark"]],
  [/:(-\d{15,20})"$/g, ["moment"]],
  [/\b([0-9a-f]{32})\b/g, ["tag"]],
];

/** Values that say nothing but when a response was made. */
const MOMENTS = new Set(["date", "x-request-id", "electric-cursor"]);

/**
 * Renames what differs between two runs, each distinct value to its number in the order of first
 * appearance: two runs agree then when the relations between their values do.
 */
export class Renamer {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** A response with every such value renamed. */
  response({ status, headers, body }: RawResponse): RawResponse {
    return {
      status,
      headers: headers.map(([name, value]) => [
        name,
        MOMENTS.has(name) ? "…" : this.#rename(value),
      ]),
      // Anything that writes to the log moves it, a background process too.
      body: this.#rename(body).replace(/"database_lsn":"\d+"/, '"database_lsn":"…"'),
    };
  }

  /** The text with this run's values put in the place of the other run's. */
  translate(text: string, other: Renamer): string {
    return replace(text, (family, value) => {
      const name = other.#names.get(`${family} ${value}`);
      return (name === undefined ? undefined : this.#values.get(name)) ?? value;
    });
  }

  #rename(text: string): string {
    return replace(text, (family, value) => {
      const id = `${family} ${value}`;
      const known = this.#names.get(id);
      if (known !== undefined) return known;
      const count = (this.#counts.get(family) ?? 0) + 1;
      const name = `<${family} ${count}>`;
      this.#counts.set(family, count);
      this.#names.set(id, name);
      this.#values.set(name, value);
      return name;
    });
  }
}

function replace(text: string, rename: (family: string, value: string) => string): string {
  return PATTERNS.reduce(
    (before, [pattern, families]) =>
      before.replace(pattern, (match, ...groups) =>
        families.reduce((renamed, family, i) => {
          const value = String(groups[i]);
          return renamed.replace(value, () => rename(family, value));
        }, match)),
    text,
  );
}
