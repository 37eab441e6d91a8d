import postgres from "postgres";
import { readDevConfig } from "../dev/config.ts";
import { DevError } from "../dev/error.ts";
import { findRunning } from "../dev/running.ts";
import { type Command, runTask } from "../dev/task.ts";
import { findUser, isUuid } from "../dev/user.ts";
import { isPostgresUrl } from "../gatekeeper/database/url.ts";

const USAGE =
  `Revokes tokens: proxies refuse those that were given out until now, and end what they hold.

  deno task revoke --subject <id>    a user's, by the id: what their tokens have as \`sub\`
  deno task revoke --table <table>   those for a table
  deno task revoke --everyone        all

  --database <url>   of the gatekeeper; by default DATABASE_URL's, else that of the
                     \`deno task dev\` that runs, where users of the example have names, too

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

/** Where to revoke. */
interface Place {
  readonly databaseUrl: string;
  /** Whether it is a `dev`'s whose users `deno task token` knows by name. */
  readonly hasNames: boolean;
}

async function findPlace(given: string | undefined): Promise<Place> {
  const { env } = Deno;
  const [name, url] = given === undefined
    ? ["DATABASE_URL", env.get("DATABASE_URL") ?? ""]
    : ["--database", given];
  if (given !== undefined || url !== "") {
    if (isPostgresUrl(url)) return { databaseUrl: url, hasNames: false };
    const hint = "postgresql://user:password@host:5432/name";
    throw new DevError("bad_argument", `${name} must be like ${hint}.`);
  }
  const { root, chosenData } = readDevConfig((name) => env.get(name));
  try {
    const { databaseUrl, ownUsers } = await findRunning(root, chosenData);
    return { databaseUrl, hasNames: ownUsers };
  } catch (error) {
    if (!(error instanceof DevError) || error.code !== "not_running") throw error;
    const way = "Or say which database: --database <url>, or DATABASE_URL.";
    throw new DevError(error.code, `${error.message} ${way}`);
  }
}

/** A user of the example by name, as `deno task token` takes it; else the text is the id. */
async function readSubject({ databaseUrl, hasNames }: Place, text: string): Promise<string> {
  if (!hasNames || isUuid(text)) return text;
  try {
    return (await findUser(databaseUrl, text)).id;
  } catch (error) {
    if (error instanceof DevError && error.code === "unknown_user") return text;
    throw error;
  }
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
  const place = await findPlace(database);
  const subject = revoked.subject && await readSubject(place, revoked.subject);
  await revoke(place.databaseUrl, { ...revoked, subject });
  const { host, pathname } = new URL(place.databaseUrl);
  console.log(`Revoked in ${host}${pathname}: ${describe({ ...revoked, subject })}`);
  console.log("Proxies refuse those tokens within seconds.");
});

function describe({ subject, table }: Revoked): string {
  if (table !== undefined) return `tokens for table ${table}.`;
  if (subject === undefined) return "all tokens.";
  // Which ids there are isn't known here.
  return `tokens whose sub is ${subject}, letter for letter. Is it the user's id?`;
}
