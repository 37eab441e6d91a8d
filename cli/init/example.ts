import { formatName, formatTable } from "../../shared/identifier.ts";
import type { Column, Table } from "./tables/table.ts";

/** Columns that hold whose a row is, the likeliest first. */
const OWNER =
  /^(user|owner|author|creator|account|profile|person|member)_?(id|uuid)$|^created_by$/i;

/** Tables that are of people, whose own id is the user's. */
const PEOPLE = /^(users?|profiles?|people|persons?|accounts?|members?)$/i;

/** Columns that say which group a row belongs to. */
const GROUP =
  /^(org|organi[sz]ation|team|tenant|workspace|company|group|project|room|channel)_?(id|uuid)$/i;

/** Columns that say whether everyone may see a row. */
const PUBLIC = /^(is_?)?(public|published|visible)$/i;

/** Columns that say who belongs to a group; not those that say whose a row is. */
const MEMBER = /^(user|account|profile|person|member)_?(id|uuid)$/i;

/**
 * Writes a policy that a table's row-level security says, or else its columns suggest, as its author would
 * write it in `policies.ts`.
 */
export function examplePolicy(table: Table, all: readonly Table[]): string {
  const { columns, name, secured } = table;
  if (secured) return "rls";
  const owner = ownerOf(columns);
  if (owner !== undefined) return `ownRows(${quote(owner.name)})`;
  const id = columns.find((column) => /^(id|uuid)$/i.test(column.name));
  if (PEOPLE.test(name) && id !== undefined) return `ownRows(${quote(id.name)})`;
  const membership = membershipOf(table, all);
  if (membership !== null) return `({ user }) => user && rows\`${membership}\``;
  const open = columns.find(({ name, type }) => PUBLIC.test(name) && /^bool/i.test(type));
  if (open !== undefined) return `rows\`${inTemplate(formatName(open.name))}\``;
  return "({ user }) => user && rows`true`";
}

function ownerOf(columns: readonly Column[]): Column | undefined {
  return columns.find(({ name }) => OWNER.test(name));
}

function memberOf(columns: readonly Column[]): Column | undefined {
  return columns.find(({ name }) => MEMBER.test(name));
}

/** A clause that finds the user's groups in another table, which says who is in which. */
function membershipOf({ name: own, schema, columns }: Table, all: readonly Table[]): string | null {
  const groups = columns.map(({ name }) => ({ column: name, group: name }))
    .filter(({ group }) => GROUP.test(group));
  // The table of the groups themselves.
  const id = columns.find(({ name }) => name === "id");
  if (id !== undefined) groups.push({ column: id.name, group: `${singular(own)}_id` });
  for (const { column, group } of groups) {
    const members = all.find((table) =>
      table.schema === schema && table.name !== own && GROUP.test(group) &&
      table.columns.some(({ name }) => name === group) && memberOf(table.columns) !== undefined
    );
    const user = memberOf(members?.columns ?? []);
    if (members === undefined || user === undefined) continue;
    const [from, value] = [tableName(members), formatName(group)];
    const clause = `${formatName(column)} in (select ${value} from ${from} where ${
      formatName(user.name)
    } = `;
    return `${inTemplate(clause)}\${user.id})`;
  }
  return null;
}

const singular = (name: string) => name.replace(/ies$/i, "y").replace(/s$/i, "");

/** A table's name, as `policies.ts` and clauses name it. */
export function tableName({ schema, name }: Table): string {
  return formatTable(schema, name);
}

/** A text as it stands in double quotes in TypeScript. */
export const quote = (text: string) => JSON.stringify(text);

/** A text as it stands between backticks. */
const inTemplate = (text: string) => text.replace(/[\\`]|\$\{/g, "\\$&");
