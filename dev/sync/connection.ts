import postgres from "postgres";

/** A pool whose values are all text. */
export type Sql = postgres.Sql<Record<keyof typeof AS_TEXT, string>>;

/** The text forms in which Electric shows values. */
const DISPLAY = {
  DateStyle: "ISO, DMY",
  IntervalStyle: "iso_8601",
  TimeZone: "UTC",
  bytea_output: "hex",
  extra_float_digits: "1",
  standard_conforming_strings: "on",
};

/** Types that postgresjs would turn into JavaScript values; here they stay Postgres's text. */
const AS_TEXT = {
  number: text(0, [20, 21, 23, 26, 700, 701]),
  json: text(114, [114, 3802]),
  boolean: text(16, [16]),
  date: text(1184, [1082, 1114, 1184]),
  bytea: text(17, [17]),
};

function text(to: number, from: number[]) {
  return { to, from, serialize: (value: unknown) => `${value}`, parse: (value: string) => value };
}

const COMMON = {
  onnotice: () => {},
  types: AS_TEXT,
  fetch_types: false,
  connect_timeout: 3,
  idle_timeout: 30,
  // Postgres may be away for a moment (a restart); the next try must not wait for seconds.
  backoff: () => 0.1,
} as const;

/** Connections of the database's owner: they set up the publication and read the catalogue. */
export function connectOwner(databaseUrl: string, max = 2): Sql {
  return postgres(databaseUrl, {
    ...COMMON,
    max,
    connection: { ...DISPLAY, application_name: "sync service" },
  });
}

/**
 * Connections on which `where` clauses run. They act as a role that may only read, in read-only
 * transactions that can't last: what a client writes into a clause can change nothing.
 */
export function connectReader(databaseUrl: string, role: string): Sql {
  return postgres(databaseUrl, {
    ...COMMON,
    max: 4,
    connection: {
      ...DISPLAY,
      application_name: "sync service, reading",
      default_transaction_read_only: true,
      statement_timeout: 30_000,
      role,
    },
  });
}

/** One connection that speaks the replication protocol. */
export function connectReplication(databaseUrl: string): Sql {
  return postgres(databaseUrl, {
    ...COMMON,
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connection: {
      ...DISPLAY,
      application_name: "sync service, replication",
      replication: "database",
    },
  });
}
