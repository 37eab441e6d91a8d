import { formatTable } from "../../shared/identifier.ts";
import type { RevocationList } from "../../shared/revocations.ts";
import { type Database, readOnly } from "../database/database.ts";

/** How many entries a list has at most; what it says in about a MiB. */
const MAX_ENTRIES = 20_000;

/** Milliseconds after which a database without the table is asked for it again. */
const LOOK_AGAIN = 5000;

/** What the table says of someone, of a table, or of everyone, where neither is named. */
interface Entry {
  /** As `digestOf` writes it. */
  readonly subject: string | null;
  readonly schema: string | null;
  readonly table: string | null;
  /** In whole seconds since the epoch. */
  readonly until: number;
}

/** What was read, and the clock that it was read by. */
export interface Reading {
  readonly list: RevocationList;
  /** Milliseconds that the database's clock is ahead of ours, at least; negative when it is behind. */
  readonly ahead: number;
}

/**
 * Gives what reads the list out of `gatekeeper.revocations`: what concerns tokens of the last `life`
 * seconds. Without that table the list is empty, and `onMissing` is told once.
 */
export function createReadList(
  database: Database,
  life: number,
  onMissing: () => void,
): () => Promise<Reading> {
  let isThere: boolean | undefined;
  let lookedAt = -Infinity;
  let state = { version: "", revoked: toRevoked([]) };

  async function look(): Promise<void> {
    lookedAt = Date.now();
    const [found] = await readOnly(database, (tx) =>
      tx<{ there: boolean }[]>`
      select to_regclass('gatekeeper.revocations') is not null as there`);
    if (isThere === undefined && found?.there === false) onMissing();
    isThere = found?.there ?? false;
  }

  return async () => {
    if (isThere !== true && Date.now() - lookedAt >= LOOK_AGAIN) await look();
    if (isThere === undefined) throw new Error("the database hasn't said");
    if (!isThere) return { list: { issuedAt: Date.now() / 1000, ...toRevoked([]) }, ahead: 0 };
    await database.sql`select gatekeeper.date_revocations()`;
    // Another reading may change it meanwhile, and `entries` is about this one.
    const { version, revoked } = state;
    const row = await readEntries(database, life, version);
    const ahead = 1000 * row.now - Date.now();
    const now = row.entries === null ? revoked : toRevoked(row.entries);
    state = { version: row.version, revoked: now };
    return { list: { issuedAt: row.now, ...now }, ahead };
  };
}

interface EntriesRow {
  /** The beginning of the transaction, in seconds since the epoch. */
  readonly now: number;
  readonly version: string;
  /** The newest first; `null` when `version` is the one that is known. */
  readonly entries: readonly Entry[] | null;
}

async function readEntries(
  database: Database,
  life: number,
  known: string,
): Promise<EntriesRow> {
  const [row] = await readOnly(database, (tx) =>
    tx<EntriesRow[]>`
    with kept as materialized (
      select id, subject, table_schema, table_name,
        case when seen or pg_is_in_recovery() then before else greatest(before, now()) end as before
      from gatekeeper.revocations
      where not seen or before > now() - make_interval(secs => ${life})
    ), latest as (
      select subject, table_schema, table_name, max(before) as before from kept
      group by subject, table_schema, table_name
    ), entry as (
      select
        rtrim(translate(
          encode(substr(sha256(convert_to(subject, 'UTF8')), 1, 16), 'base64'), '+/', '-_'
        ), '=') as subject,
        table_schema as schema, table_name as "table", ceil(extract(epoch from before))::int8 as until
      from latest order by before desc
    ), known as (
      -- Of all that they say, for ids may begin anew.
      select count(*) || ' ' || coalesce(sum(hashtextextended(kept::text, 0)), 0) as version from kept
    )
    select extract(epoch from now())::float8 as now, version,
      case when version is distinct from ${known} then
        (select coalesce(json_agg(entry), '[]') from entry)
      end as entries
    from known`);
  if (row === undefined) throw new Error("no row of an aggregate");
  return row;
}

/** Of too many entries, the older ones become one for everyone: that revokes more, never less. */
function toRevoked(entries: readonly Entry[]): Omit<RevocationList, "issuedAt"> {
  const subjects = new Map<string, number>();
  const tables = new Map<string, number>();
  let everyone = entries[MAX_ENTRIES]?.until ?? -Infinity;
  for (const { subject, schema, table, until } of entries.slice(0, MAX_ENTRIES)) {
    if (subject !== null) subjects.set(subject, until);
    else if (schema !== null && table !== null) tables.set(formatTable(schema, table), until);
    else everyone = Math.max(everyone, until);
  }
  return { everyone, subjects, tables };
}
