import { WHERE_PREFIX } from "../../gatekeeper/policies/electric_grammar.ts";
import { nodes, SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { Subqueries, Subquery } from "./subqueries.ts";
import type { Column } from "./table.ts";

/** A piece of a clause that something else stands for; places are bytes of the clause. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A clause after its edits, and where each place of it was before them. */
export interface EditedClause {
  readonly sql: string;
  readonly originalLocation: (at: number) => number;
}

const decoder = new TextDecoder();
/** A table's name where the parser saw one: an identifier, or a schema's and one. */
const NAME = /(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{M}\d_$]*)/u.source;
const PLAIN = new RegExp(`^${NAME}`, "u");
const QUALIFIED = new RegExp(`^${NAME}\\s*\\.\\s*${NAME}`, "u");

/** Puts the edits' texts into a clause. */
export function editClause(where: string, edits: readonly Edit[]): EditedClause {
  const bytes = new TextEncoder().encode(where);
  /** Where pieces of the clause begin: in the new text, and in the original. */
  const pieces: { at: number; original: number }[] = [{ at: 0, original: 0 }];
  let sql = "";
  let done = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    sql += decoder.decode(bytes.subarray(done, start));
    pieces.push({ at: sql.length, original: start });
    sql += text;
    done = end;
    pieces.push({ at: sql.length, original: done });
  }
  sql += decoder.decode(bytes.subarray(done));
  const originalLocation = (at: number) => {
    const piece = pieces.findLast((candidate) => candidate.at <= at);
    return piece === undefined ? at : piece.original + (at - piece.at);
  };
  return { sql, originalLocation };
}

/**
 * Edits that write each parameter into the clause as a literal of no type, so that Postgres infers
 * its type from where it stands, as it does for a parameter.
 */
export function paramEdits(tree: unknown, params: ReadonlyMap<number, string>): Edit[] {
  return [...nodes(tree)].filter(({ type }) => type === "ParamRef").map(({ location, fields }) => {
    const number = Number(fields.number ?? 0);
    const start = location - WHERE_PREFIX.length;
    return { start, end: start + 1 + `${number}`.length, text: quote(params.get(number) ?? "") };
  });
}

/**
 * Edits that put an empty row of the right types in the place of each subquery's table: Postgres can
 * check the clause then before it is allowed to read the tables.
 */
export function tableEdits(where: string, subqueries: Subqueries): Edit[] {
  return [...subqueries.values()].flatMap((subquery) => [
    tableEdit(where, subquery),
    ...tableEdits(where, subquery.inner),
  ]);
}

function tableEdit(where: string, { select, table }: Subquery): Edit {
  const start = select.tableAt - WHERE_PREFIX.length;
  const rest = decoder.decode(new TextEncoder().encode(where).subarray(start));
  const [name] = (select.hasSchema ? QUALIFIED : PLAIN).exec(rest) ?? [];
  if (name === undefined) throw new SqlRefused("Expected a single table reference");
  const end = start + new TextEncoder().encode(name).length;
  const alias = select.hasAlias ? "" : ` as ${quoteIdentifier(table.table)}`;
  return { start, end, text: `(${emptyRow(table.columns)})${alias}` };
}

/** A row of nulls, of the columns' types. */
export function emptyRow(columns: Iterable<Column>): string {
  const cells = [...columns].map(({ name, sqlType }) =>
    `null::${sqlType} as ${quoteIdentifier(name)}`
  );
  return `select ${cells.join(", ")}`;
}

function quote(value: string): string {
  if (value.includes("\0")) throw new SqlRefused("a parameter can't hold a zero byte");
  return `'${value.replaceAll("'", "''")}'`;
}
