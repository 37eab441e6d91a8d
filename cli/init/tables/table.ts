/** A table of a project's, as far as an example of a policy needs it. */
export interface Table {
  readonly schema: string;
  /** As Postgres stores it. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Whether row-level security is on. */
  readonly secured: boolean;
}

/** A column, with its type as it is written; empty where that isn't known. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** Schemas that belong to Supabase, Postgres or us, whose tables nobody syncs. */
const FOREIGN = [
  "_analytics",
  "_realtime",
  "_supavisor",
  "auth",
  "cron",
  "extensions",
  // Our own.
  "gatekeeper",
  "graphql",
  "graphql_public",
  "information_schema",
  "net",
  "pgbouncer",
  "pgmq",
  "pgsodium",
  "realtime",
  "storage",
  "vault",
];

/** Whether tables of this schema are the project's own. */
export function isOwnSchema(schema: string): boolean {
  return !FOREIGN.includes(schema) && !/^(supabase_|pg_)/.test(schema);
}

/** `public` first, then by name; so that a second run writes the same. */
export function sortTables(tables: Iterable<Table>): Table[] {
  const key = ({ schema, name }: Table) => `${schema === "public" ? "" : schema}\0${name}`;
  const byKey = (a: Table, b: Table) => key(a) < key(b) ? -1 : 1;
  return [...tables].filter(({ schema }) => isOwnSchema(schema)).sort(byKey);
}
