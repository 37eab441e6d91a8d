import postgres from "postgres";
import { DevError } from "./error.ts";

interface Found {
  readonly level: string;
  readonly name: string;
  readonly database: string;
  readonly replicates: boolean;
  readonly makesRoles: boolean;
  readonly creates: boolean;
}

/** What the local sync service does that not everyone may. */
function checkRights({ name, database, replicates, makesRoles, creates }: Found): void {
  const grants = [
    ...(replicates ? [] : [`alter role "${name}" replication;`]),
    ...(makesRoles ? [] : [`alter role "${name}" createrole;`]),
    ...(creates ? [] : [`grant create on database "${database}" to "${name}";`]),
  ];
  if (grants.length === 0) return;
  throw new DevError(
    "not_permitted",
    `The user ${name} of DATABASE_URL may not do what the local sync service needs. As a superuser, ` +
      `run: ${
        grants.join(" ")
      } Tables that are synced must be the user's own. Or set ELECTRIC_URL.`,
  );
}

/** Postgres's own refusals (its appendix A: classes 28 and 3D) show that it runs. */
function adviceOn(error: unknown): string {
  const isRefusal = error instanceof postgres.PostgresError && /^(28|3D)/.test(error.code);
  return isRefusal
    ? "Check the user, the password and the database's name in it."
    : "Is Postgres running there?";
}

/**
 * Makes sure that the developer's own Postgres answers and, for the local sync service, that it can be
 * replicated from.
 *
 * @throws {DevError} `database_unreachable`, `no_logical_replication` or `not_permitted`. Never names the password.
 */
export async function checkDatabase(url: string, replicate: boolean): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const [row] = await sql<Found[]>`
      select current_setting('wal_level') as level, current_user as name,
        rolsuper or rolreplication as replicates,
        rolsuper or rolcreaterole as "makesRoles",
        rolsuper or has_database_privilege(current_database(), 'create') as creates,
        current_database() as database
      from pg_roles where rolname = current_user`;
    if (!replicate || row === undefined) return;
    if (row.level === "logical") return checkRights(row);
  } catch (error) {
    if (error instanceof DevError) throw error;
    const { host, pathname } = new URL(url);
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new DevError(
      "database_unreachable",
      `Can't use DATABASE_URL (${host}${pathname}): ${reason.split("\n")[0]}. ${adviceOn(error)} ` +
        "Without DATABASE_URL, dev starts its own.",
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
  throw new DevError(
    "no_logical_replication",
    "The Postgres at DATABASE_URL doesn't have wal_level=logical, which the local sync service needs: " +
      "`alter system set wal_level = logical`, restart Postgres; or set ELECTRIC_URL.",
  );
}
