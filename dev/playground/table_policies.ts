import type { Sql } from "postgres";
import { formatName, quoteTable } from "../../shared/identifier.ts";
import type { Shape } from "../../shared/shape.ts";
import { type Asked, askGatekeeper, countSynced } from "./grant.ts";
import type { Outcome, Person, RlsText, Table, TablePolicies } from "./protocol.ts";

/** What policies are looked at with. */
export interface PoliciesView {
  readonly sql: Sql;
  readonly gatekeeper: string;
  /** Makes an access token of a user. */
  readonly signIn: (person: Person) => Promise<string>;
}

/** Asks for a table as everybody, and looks what they get, in Postgres and from Electric. */
export async function readTablePolicies(
  table: Table,
  people: readonly Person[],
  view: PoliciesView,
): Promise<TablePolicies> {
  const { secured, policies } = await readRlsTexts(view.sql, table);
  const everybody = [null, ...people];
  const outcomes = await Promise.all(
    everybody.map((person) => outcomeFor(person, table, secured, view)),
  );
  return { table: table.table, secured, policies, outcomes };
}

async function readRlsTexts(sql: Sql, { schema, name }: Table) {
  const [found] = await sql<{ secured: boolean; policies: RlsText[] | null }[]>`
    select c.relrowsecurity as secured,
      (select json_agg(json_build_object(
          'name', p.polname, 'permissive', p.polpermissive,
          'command', case p.polcmd when 'r' then 'select' when '*' then 'all' when 'a' then 'insert'
            when 'w' then 'update' else 'delete' end,
          'roles', coalesce((select string_agg(r.rolname, ', ' order by r.rolname) from pg_roles r
            where r.oid = any(p.polroles)), 'public'),
          'using', pg_get_expr(p.polqual, p.polrelid)) order by p.polname)
        from pg_policy p where p.polrelid = c.oid) as policies
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = ${name}`;
  return { secured: found?.secured ?? false, policies: found?.policies ?? [] };
}

const NOT_SECURED = { where: null, values: [], refusal: "Row-level security is off." };

async function outcomeFor(
  person: Person | null,
  table: Table,
  secured: boolean,
  view: PoliciesView,
): Promise<Outcome> {
  const who = person?.name ?? "nobody";
  const token = person === null ? null : await view.signIn(person);
  const [asked, rls] = await Promise.all([
    askGatekeeper(view.gatekeeper, table.table, token),
    secured ? rlsFor(person, table, view) : NOT_SECURED,
  ]);
  if (!asked.granted) {
    return { who, sql: null, values: [], refusal: asked.message, rows: null, synced: null, rls };
  }
  return { who, refusal: null, rls, ...await lookAt(asked, table, view) };
}

async function lookAt(asked: Asked & { granted: true }, table: Table, { sql }: PoliciesView) {
  const { shape } = asked;
  const columns = shape.columns?.map(formatName).join(", ") ?? "*";
  const where = shape.where === null ? "" : ` where ${shape.where}`;
  return {
    sql: `select ${columns} from ${table.table}${where}`,
    values: shape.params,
    rows: await countRows(sql, table, shape),
    synced: await countSynced(asked.grant).catch(() => null),
  };
}

/** Counts what a shape's clause gives in Postgres; `$1`, `$2`, … get the types that Postgres infers. */
async function countRows(
  sql: Sql,
  { schema, name }: Table,
  { where, params }: Pick<Shape, "where" | "params">,
) {
  const from = `select count(*)::int as rows from ${quoteTable(schema, name)}`;
  const literals = params.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ");
  return await sql.begin("read only", async (tx) => {
    await tx.unsafe(`prepare shape as ${from}${where === null ? "" : ` where ${where}`}`).simple();
    const execute = `execute shape${literals === "" ? "" : `(${literals})`}`;
    const [found] = await tx.unsafe<{ rows: number }[]>(execute).simple();
    await tx.unsafe("deallocate shape").simple();
    return found?.rows ?? null;
  }).catch(() => null);
}

async function rlsFor(person: Person | null, { table }: Table, { sql }: PoliciesView) {
  const { testPolicies } = await import("../../gatekeeper/testing.ts");
  const { definePolicies, rls } = await import("../../gatekeeper/index.ts");
  const policies = definePolicies({}, { otherwise: rls });
  try {
    const as = person === null ? null : { id: person.id };
    const result = await testPolicies(policies, { as, on: table, database: sql });
    return {
      where: result.shape?.where ?? null,
      values: result.shape?.params ?? [],
      refusal: result.allowed ? null : "No policy lets this role read any row.",
    };
  } catch (error) {
    const refusal = error instanceof Error ? error.message : String(error);
    return { where: null, values: [], refusal };
  }
}
