import postgres from "postgres";
import { readDevConfig } from "../dev/config.ts";
import { DevError } from "../dev/error.ts";
import { findRunning } from "../dev/running.ts";
import { type Command, runTask } from "../dev/task.ts";
import { isPostgresUrl } from "../gatekeeper/database/url.ts";

const USAGE =
  `Revokes tokens: proxies refuse those that were given out until now, and end what they hold.

  deno task revoke --subject <id>    a user's, by the id
  deno task revoke --table <table>   those for a table
  deno task revoke --everyone        all

  --database <url>   of the gatekeeper; by default, that of the \`deno task dev\` that runs

Who still has a right gets another token. It needs the migration that init offers.`;

const command = {
  usage: USAGE,
  options: {
    subject: { type: "string" },
    table: { type: "string" },
    everyone: { type: "boolean" },
    database: { type: "string" },
  },
  positionals: [0, 0],
} satisfies Command;

/** What is to be revoked: one of these. */
interface Revoked {
  readonly subject?: string | undefined;
  readonly table?: string | undefined;
  readonly everyone?: boolean | undefined;
}

async function findDatabase(given: string | undefined): Promise<string> {
  if (given !== undefined) {
    if (isPostgresUrl(given)) return given;
    const hint = "postgresql://user:password@host:5432/name";
    throw new DevError("bad_argument", `--database must be like ${hint}.`);
  }
  const { root, chosenData } = readDevConfig((name) => Deno.env.get(name));
  return (await findRunning(root, chosenData)).databaseUrl;
}

async function revoke(databaseUrl: string, { subject, table, everyone }: Revoked): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    await sql`select gatekeeper.revoke(
      subject => ${subject ?? null}, table_name => ${table ?? null}, everyone => ${
      everyone ?? false
    })`;
  } catch (error) {
    throw explain(error);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** SQLSTATEs (Postgres's manual, appendix A) of a function, or a schema, that isn't there. */
const MISSING = ["42883", "3F000"];

function explain(error: unknown): DevError {
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (!(error instanceof postgres.PostgresError)) {
    return new DevError("database_unreachable", `The database can't be asked: ${message}.`);
  }
  if (!MISSING.includes(error.code)) return new DevError("sql_failed", `${message}.`);
  return new DevError(
    "sql_failed",
    "This database has no gatekeeper.revoke: apply the migration that " +
      "`npx electric-gatekeeper init` offers.",
  );
}

await runTask(command, async ({ values: { database, ...revoked } }) => {
  const given = [revoked.subject, revoked.table, revoked.everyone];
  if (given.filter((value) => value !== undefined).length !== 1) {
    throw new DevError("bad_argument", "Say one of --subject, --table and --everyone.");
  }
  await revoke(await findDatabase(database), revoked);
  console.log("Revoked. Proxies refuse those tokens within seconds.");
});
