import postgres from "postgres";
import { isPostgresUrl } from "../../../gatekeeper/database/url.ts";
import { CliError } from "../../cli.ts";
import { sortTables, type Table } from "./table.ts";

/** Gives the tables of a database but those of its extensions. Throws {@link CliError}. */
export async function tablesOfDatabase(url: string): Promise<Table[]> {
  const sql = connectTo(url);
  try {
    const tables = await sql<Table[]>`
      select n.nspname as schema, c.relname as name, c.relrowsecurity as secured,
        coalesce(json_agg(json_build_object(
          'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod)
        ) order by a.attnum) filter (where a.attname is not null), '[]') as columns
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_attribute a
        on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
        and not exists (
          select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
      group by n.nspname, c.relname, c.relrowsecurity`;
    return sortTables(tables);
  } catch (error) {
    const cause = error instanceof Error ? error.message || error.name : String(error);
    throw new CliError(
      "database_unreachable",
      `Can't read the tables of --database (${cause}). Is Postgres running, and the URL right?`,
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function connectTo(url: string) {
  if (isPostgresUrl(url)) return postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  throw new CliError(
    "bad_argument",
    "--database must be like postgresql://user:password@host:5432/name.",
  );
}
