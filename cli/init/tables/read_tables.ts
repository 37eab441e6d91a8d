import { readStatements, type Token } from "./sql_tokens.ts";
import { type Column, sortTables, type Table } from "./table.ts";

/**
 * Gives the tables that are there once these migrations have run: what they create, alter, rename and
 * drop, and whether row-level security is on. Reads no more of SQL than that: what a `do` block or a function does stays unseen.
 */
export function readTables(migrations: readonly string[]): Table[] {
  const tables = new Map<string, Table>();
  for (const statement of migrations.flatMap(readStatements)) {
    new Reader(statement, tables).read();
  }
  return sortTables(tables.values());
}

/** A table's name, as Postgres stores it. */
interface Path {
  readonly schema: string;
  readonly name: string;
}

const keyOf = ({ schema, name }: Path) => `${schema}\0${name}`;

/** What begins a constraint or a clause, in the place of a column. */
const NO_COLUMN = ["constraint", "primary", "unique", "check", "foreign", "exclude", "like"];

/** What ends a column's type. */
const AFTER_TYPE = [
  ...["as", "check", "collate", "compression", "constraint", "default", "generated", "not", "null"],
  ...["primary", "references", "storage", "unique", "using"],
];

const ROW_LEVEL_SECURITY = ["row", "level", "security"];

/** Reads one statement, word by word. */
class Reader {
  readonly #tokens: readonly Token[];
  readonly #tables: Map<string, Table>;
  #at = 0;

  constructor(tokens: readonly Token[], tables: Map<string, Table>) {
    this.#tokens = tokens;
    this.#tables = tables;
  }

  read(): void {
    if (this.#takes("create")) this.#create();
    else if (this.#takes("drop", "table")) this.#drop();
    else if (this.#takes("alter", "table")) this.#alter();
  }

  #create(): void {
    this.#takes("unlogged");
    if (!this.#takes("table")) return;
    const unlessThere = this.#takes("if", "not", "exists");
    const path = this.#path();
    if (path === null || (unlessThere && this.#tables.has(keyOf(path)))) return;
    // A partition is synced by its parent.
    if (this.#takes("partition", "of")) return;
    this.#tables.set(keyOf(path), { ...path, columns: this.#columns(), secured: false });
  }

  #drop(): void {
    this.#takes("if", "exists");
    do {
      const path = this.#path();
      if (path !== null) this.#tables.delete(keyOf(path));
    } while (this.#takes(","));
  }

  #alter(): void {
    this.#takes("if", "exists");
    this.#takes("only");
    const path = this.#path();
    const table = path === null ? undefined : this.#tables.get(keyOf(path));
    if (table === undefined) return;
    if (this.#takes("rename", "to")) this.#move(table, { ...table, name: this.#identifier() });
    else if (this.#takes("set", "schema")) {
      this.#move(table, { ...table, schema: this.#identifier() });
    } else if (this.#takes("rename")) this.#renameColumn(table);
    else this.#alterTable(table);
  }

  #move(from: Table, to: Table): void {
    this.#tables.delete(keyOf(from));
    this.#tables.set(keyOf(to), to);
  }

  #renameColumn(table: Table): void {
    if (this.#takes("constraint")) return;
    this.#takes("column");
    const from = this.#identifier();
    if (!this.#takes("to")) return;
    const to = this.#identifier();
    const columns = table.columns.map((column) =>
      column.name === from ? { ...column, name: to } : column
    );
    this.#tables.set(keyOf(table), { ...table, columns });
  }

  /** Actions with commas between them. */
  #alterTable(table: Table): void {
    let { columns, secured } = table;
    do {
      if (this.#takes("add")) {
        this.#takes("column");
        this.#takes("if", "not", "exists");
        const added = this.#column();
        const isNew = !columns.some(({ name }) => name === added?.name);
        if (added !== null && isNew) columns = [...columns, added];
      } else if (this.#takes("drop")) {
        if (!this.#takes("constraint")) {
          this.#takes("column");
          this.#takes("if", "exists");
          const gone = this.#identifier();
          columns = columns.filter(({ name }) => name !== gone);
        }
      } else if (this.#takes("enable", ...ROW_LEVEL_SECURITY)) secured = true;
      else if (this.#takes("disable", ...ROW_LEVEL_SECURITY)) secured = false;
      this.#skipToComma();
    } while (this.#takes(","));
    this.#tables.set(keyOf(table), { ...table, columns, secured });
  }

  /** The list in parentheses behind a new table's name; there is none for `create table … as`. */
  #columns(): Column[] {
    const columns: Column[] = [];
    if (!this.#takes("(")) return columns;
    do {
      const column = this.#column();
      if (column !== null) columns.push(column);
      this.#skipToComma();
    } while (this.#takes(","));
    return columns;
  }

  #column(): Column | null {
    const first = this.#tokens[this.#at];
    const isWord = first?.kind === "word";
    if (first === undefined || (isWord && NO_COLUMN.includes(first.value))) return null;
    if (!isWord && first.kind !== "name") return null;
    this.#at++;
    return { name: first.value, type: this.#type() };
  }

  #type(): string {
    let type = "";
    for (; this.#at < this.#tokens.length; this.#at++) {
      const { kind, value } = this.#tokens[this.#at] ?? { kind: "sign", value: ")" };
      if (kind === "word" && AFTER_TYPE.includes(value)) break;
      if (kind === "sign" && "(),".includes(value)) break;
      const joins = type === "" || value === "." || value === "[" || value === "]";
      type += joins || type.endsWith(".") || type.endsWith("[") ? value : ` ${value}`;
    }
    return type;
  }

  /** Up to the comma or the parenthesis that ends an item of a list. */
  #skipToComma(): void {
    for (let depth = 0; this.#at < this.#tokens.length; this.#at++) {
      const { kind, value } = this.#tokens[this.#at] ?? { kind: "sign", value: "" };
      if (kind !== "sign") continue;
      if (depth === 0 && (value === "," || value === ")")) return;
      if (value === "(") depth++;
      if (value === ")") depth--;
    }
  }

  #path(): Path | null {
    const names = [this.#identifier()];
    while (this.#takes(".")) names.push(this.#identifier());
    const [name = "", schema = "public"] = names.reverse();
    return name === "" ? null : { schema, name };
  }

  /** The next name; empty where there is none. */
  #identifier(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "word" && token?.kind !== "name") return "";
    this.#at++;
    return token.value;
  }

  /** Whether these words or signs come next; then they are taken. */
  #takes(...values: readonly string[]): boolean {
    const comes = values.every((value, i) => {
      const token = this.#tokens[this.#at + i];
      return token !== undefined && token.value === value &&
        (token.kind === "word" || token.kind === "sign");
    });
    if (comes) this.#at += values.length;
    return comes;
  }
}
