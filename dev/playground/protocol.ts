// What the page and its server tell each other, as types: the page runs in a browser and imports no code from here.

/** A column of a table, as far as the page's forms need it. */
export interface Column {
  readonly name: string;
  readonly type: string;
  /** Whether it is of the primary key. */
  readonly key: boolean;
  /** Whether a new row needs a value here. */
  readonly required: boolean;
}

/** A table of the database. */
export interface Table {
  readonly schema: string;
  readonly name: string;
  /** As the gatekeeper and Electric name it. */
  readonly table: string;
  readonly columns: readonly Column[];
  /** Other tables whose rows go with a row that is deleted here (`on delete cascade`). */
  readonly takes: readonly string[];
}

/** Someone to sign in as. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
}

/** A right that a row of the example's `members` gives. */
export interface Right {
  readonly organisation: string;
  readonly name: string;
  /** Who has it, by id. */
  readonly users: readonly string[];
}

/** What the page starts with. */
export interface State {
  /** Whether users of dev's own can be signed in here. */
  readonly ownUsers: boolean;
  readonly people: readonly Person[];
  readonly tables: readonly Table[];
  /** Shapes that the gatekeeper defines by name. */
  readonly shapes: readonly NamedShape[];
  readonly rights: readonly Right[];
  readonly guards: readonly GuardLine[];
  /** Whether tokens can be revoked. */
  readonly revokes: boolean;
}

/** Who to sign in. */
export interface SignIn {
  readonly id: string;
  readonly role?: string;
  readonly email?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A change of one row. Values are texts as Postgres reads them. */
export interface RowChange {
  readonly schema: string;
  readonly name: string;
  readonly action: "insert" | "update" | "delete";
  readonly key: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string | null>>;
}

/** The line of our source that refuses an attack. */
export interface GuardLine {
  readonly attack: string;
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/** A request that the edge, or the gatekeeper's proxy, made to Electric for a request of the page's. */
export interface Upstream {
  /** The page's request's. */
  readonly trace: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds until the answer began. */
  readonly took: number;
  /** `null` where none came. */
  readonly status: number | null;
  readonly answer: Readonly<Record<string, string>>;
}

/** What happens on the server's side, as it happens. */
export type Event =
  | { readonly type: "upstream"; readonly upstream: Upstream }
  | { readonly type: "line"; readonly part: string; readonly text: string; readonly at: number };

/** A row-level security policy, as the catalogue has it. */
export interface RlsText {
  readonly name: string;
  readonly permissive: boolean;
  readonly command: string;
  readonly roles: string;
  readonly using: string | null;
}

/** What somebody gets of a table. */
export interface Outcome {
  readonly who: string;
  /** The query that the signed shape stands for; `null` where it is refused. */
  readonly sql: string | null;
  readonly values: readonly string[];
  readonly refusal: string | null;
  /** Rows that the query gives in Postgres. */
  readonly rows: number | null;
  /** Rows that the edge gives, from Electric. */
  readonly synced: number | null;
  /** The clause that row-level security becomes, or why it becomes none. */
  readonly rls: {
    readonly where: string | null;
    readonly values: readonly string[];
    readonly refusal: string | null;
  };
}

/** What everybody gets of a table. */
export interface TablePolicies {
  readonly table: string;
  readonly secured: boolean;
  readonly policies: readonly RlsText[];
  readonly outcomes: readonly Outcome[];
}

/** A shape that the gatekeeper defines by name. */
export interface NamedShape {
  readonly name: string;
  /** Names of its arguments, as far as they are known. */
  readonly fields: readonly string[];
}
