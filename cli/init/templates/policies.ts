import { examplePolicy, quote, tableName } from "../example.ts";
import type { Table } from "../tables/table.ts";

/** Writes `policies.ts`: every table denied, each with an example. */
export function policiesFile(tables: readonly Table[]): string {
  const lines = tables.length === 0 ? NO_TABLES : tables.flatMap((table) => entry(table, tables));
  return `${HEAD}
export const policies = definePolicies({
${lines.map((line) => line === "" ? "" : `  ${line}`).join("\n")}
});
`;
}

const HEAD = `// deno-lint-ignore no-unused-vars -- the examples in the comments need them
import { allow, definePolicies, deny, ownRows, rls, rows } from "electric-gatekeeper";

/**
 * Who may sync what. Yours to edit: a table that isn't here is nobody's.
 *
 * A policy is \`allow\`, \`deny\`, or a function of \`{ user, shape, sql }\` that answers true, false or the
 * rows that this user gets. \`user\` is null for who hasn't signed in. \`rls\` gives what the table's row-level
 * security gives. The comments are what that, or the columns, suggest: read them before you put one in the
 * place of \`deny\`.
 */`;

const NO_TABLES = [
  "// No tables were found. Add yours, for example:",
  '// todos: ownRows("user_id"),',
];

/** A table's lines. */
export function entry(table: Table, all: readonly Table[]): string[] {
  const key = keyOf(tableName(table));
  return [`// ${key}: ${examplePolicy(table, all)},`, `${key}: deny,`];
}

/** A name as a key of an object. */
const keyOf = (name: string) => /^[a-z_$][\w$]*$/i.test(name) ? name : quote(name);

/** Where the list of an existing `policies.ts` ends. */
const END = /^\}\);[ \t]*$/gm;

/**
 * An existing `policies.ts` with the tables that it doesn't name added at the end of its list; as it is
 * where it names all, or has no list that ends as ours does.
 */
export function withMissing(text: string, tables: readonly Table[]): string {
  const missing = tables.filter((table) => !names(text, table));
  const end = [...text.matchAll(END)].at(-1)?.index;
  if (missing.length === 0 || end === undefined) return text;
  const lines = missing.flatMap((table) => entry(table, tables)).map((line) => `  ${line}\n`);
  return text.slice(0, end) + lines.join("") + text.slice(end);
}

/** Whether a text has a key of this table's name; in a comment counts, too. */
function names(text: string, table: Table): boolean {
  const name = tableName(table);
  const forms = [name, quote(name), `'${name}'`, quote(`public.${name}`)];
  return forms.some((form) => {
    const escaped = form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`(^|[\\s{,])${escaped}\\s*[:,(]`, "m").test(text);
  });
}
