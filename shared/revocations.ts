import { base64url, type JWTPayload } from "jose";

/** `typ` of a signed list, by which neither it nor a token can be taken for the other (RFC 8725 section 3.11). */
export const LIST_TYPE = "revocations+jwt";

/** Whether a `typ` is that, as RFC 7515 section 4.1.9 compares them. */
export function isListType(type: unknown): boolean {
  return String(type).toLowerCase().replace(/^application\//, "") === LIST_TYPE;
}

/**
 * Seconds after its `iat` in which a token may be good, where it can be revoked: what was revoked is
 * remembered for longer than that.
 */
export const LONGEST_LIFE = 86_400;

/**
 * Which tokens are good no more: those whose `iat` is not after a time, in seconds since the epoch. It is
 * one number for a whole second, so a token of that very second is revoked, too.
 */
export interface RevocationList {
  /** When it was true, by the clock of the database that it comes from; with fractions. */
  readonly issuedAt: number;
  /** Of all; `-Infinity` for none. */
  readonly everyone: number;
  /** Of someone, by {@link digestOf} of the `sub`: the list is public. */
  readonly subjects: ReadonlyMap<string, number>;
  /** Of a table, as Electric reads its name. */
  readonly tables: ReadonlyMap<string, number>;
}

/** What a revocation may concern of a token. */
export interface Revocable {
  /** {@link digestOf} its `sub`. */
  readonly subject: string;
  /** As Electric reads its name. */
  readonly table: string;
}

/** Up to which `iat` a list revokes the tokens of someone for a table; `-Infinity` for none. */
export function revokedUntil(list: RevocationList, { subject, table }: Revocable): number {
  const ofSubject = list.subjects.get(subject) ?? -Infinity;
  const ofTable = list.tables.get(table) ?? -Infinity;
  return Math.max(list.everyone, ofSubject, ofTable);
}

/** A `sub` as lists name it: 128 bits of its SHA-256, as base64url; empty for a token that names nobody. */
export async function digestOf(subject: string | undefined): Promise<string> {
  if (typeof subject !== "string") return "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subject));
  return base64url.encode(new Uint8Array(digest, 0, 16));
}

/** Reads the claims of a signed list. Throws a `TypeError` unless all of it can be read. */
export function readList(claims: JWTPayload): RevocationList {
  return {
    issuedAt: readTime(claims.iat),
    everyone: claims["everyone"] === undefined ? -Infinity : readTime(claims["everyone"]),
    subjects: readTimes(claims["subjects"]),
    tables: readTimes(claims["tables"]),
  };
}

function readTimes(times: unknown): Map<string, number> {
  if (!(times instanceof Object)) throw new TypeError("no entries");
  return new Map(Object.entries(times).map(([key, time]) => [key, readTime(time)]));
}

function readTime(time: unknown): number {
  if (typeof time === "number" && Number.isFinite(time)) return time;
  throw new TypeError("no time");
}

/** What was revoked, as a verifier asks for it. */
export interface Revocations {
  /**
   * What to wait for before anything is looked up: there is no list yet, or nobody has asked for so long
   * that it may lack what is new. It settles within seconds. `null` while requests come.
   */
  upToDate(): Promise<void> | null;
  /** Throws a 503 `Refusal` while nobody may be let in, since what is known is too old. */
  checkAge(): void;
  /** Whether a token that was issued then is good no more, as any is while nobody may be let in. */
  isRevoked(token: Revocable & { readonly issuedAt: number }): boolean;
}

/** Where nothing is ever revoked. */
export const NO_REVOCATIONS: Revocations = {
  upToDate: () => null,
  checkAge() {},
  isRevoked: () => false,
};
