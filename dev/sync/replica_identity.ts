import type { Sql } from "./connection.ts";
import { quoteIdentifier } from "./identifier.ts";

/** A connection, in a transaction or not. */
type Queries = Pick<Sql, "unsafe">;

/** What tables had before they were followed, as ALTER TABLE takes it, by their oids. */
type Identities = Readonly<Record<string, string>>;

/**
 * Lets changes of a table carry whole old rows, and notes in the comment of `publication` what it had, so
 * that {@link restoreIdentities} can give it back, also after a service that was killed. `relation` is quoted.
 */
export async function makeIdentityFull(
  sql: Queries,
  publication: string,
  oid: number,
  relation: string,
): Promise<void> {
  const [current] = await sql.unsafe<{ identity: string; index: string | null }[]>(
    `select relreplident::text as identity,
       (select indexrelid::regclass::text from pg_index where indrelid = c.oid and indisreplident)
         as index
     from pg_class c where oid = $1`,
    [oid],
  );
  if (current === undefined || current.identity === "f") return;
  await sql.unsafe(`alter table ${relation} replica identity full`);
  const former = current.index === null
    ? (current.identity === "n" ? "nothing" : "default")
    : `using index ${current.index}`;
  await note(sql, publication, { ...await readNotes(sql, publication), [oid]: former });
}

/** Gives tables back what they had; those that another service follows too are left to that one. */
export async function restoreIdentities(sql: Queries, publication: string): Promise<void> {
  for (const [oid, former] of Object.entries(await readNotes(sql, publication))) {
    const [other] = await sql.unsafe<{ name: string }[]>(
      `select pubname::text as name from pg_publication_rel r
       join pg_publication p on p.oid = prpubid
       where prrelid = $1::oid and pubname <> $2 and pubname ~ '^sync_dev_'`,
      [oid, publication],
    );
    if (other !== undefined) {
      await note(sql, other.name, { ...await readNotes(sql, other.name), [oid]: former });
      continue;
    }
    const [table] = await sql.unsafe<{ relation: string }[]>(
      "select oid::regclass::text as relation from pg_class where oid = $1::oid",
      [oid],
    );
    if (table === undefined) continue;
    await sql.unsafe(`alter table ${table.relation} replica identity ${former}`);
  }
}

async function readNotes(sql: Queries, publication: string): Promise<Identities> {
  const [row] = await sql.unsafe<{ notes: string | null }[]>(
    `select obj_description(oid, 'pg_publication') as notes
     from pg_publication where pubname = $1`,
    [publication],
  );
  const notes: unknown = JSON.parse(row?.notes ?? "{}");
  return typeof notes === "object" ? { ...notes } : {};
}

async function note(sql: Queries, publication: string, identities: Identities): Promise<void> {
  const text = JSON.stringify(identities).replaceAll("'", "''");
  await sql.unsafe(`comment on publication ${quoteIdentifier(publication)} is '${text}'`);
}
