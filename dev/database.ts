import postgres from "postgres";
import { DevError } from "./error.ts";

/**
 * Makes sure that the developer's own Postgres answers and, for the local sync service, that it can be
 * replicated from.
 *
 * @throws {DevError} `database_unreachable` or `no_logical_replication`. Never names the password.
 */
export async function checkDatabase(url: string, replicate: boolean): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const [row] = await sql<{ level: string }[]>`select current_setting('wal_level') as level`;
    if (!replicate || row?.level === "logical") return;
  } catch (error) {
    const { host, pathname } = new URL(url);
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new DevError(
      "database_unreachable",
      `Can't use DATABASE_URL (${host}${pathname}): ${reason.split("\n")[0]}. ` +
        "Is Postgres running there? Without DATABASE_URL, dev starts its own.",
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
