/** What can stop `deno task dev`, stable for callers and tests to tell apart. */
export type DevErrorCode =
  | "already_running"
  | "bad_setting"
  | "database_unreachable"
  | "no_logical_replication"
  | "no_postgres_binaries"
  | "no_postgres_account"
  | "data_unusable"
  | "not_permitted"
  | "port_busy"
  | "postgres_failed"
  | "part_failed"
  | "migration_failed"
  | "seed_failed"
  | "no_servers"
  | "not_running"
  | "many_running"
  | "unknown_user"
  | "bad_argument"
  | "sql_failed";

/** A failure the developer can act on; the message is one line that says what to do. */
export class DevError extends Error {
  override readonly name = "DevError";
  readonly code: DevErrorCode;

  constructor(code: DevErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
