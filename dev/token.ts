import { SignJWT } from "jose";
import postgres from "postgres";
import { readDevConfig } from "./config.ts";
import { DevError } from "./error.ts";
import { devSecret } from "./secret.ts";

/** How long a dev user stays signed in. */
const LIFETIME = "24h";

interface Person {
  readonly id: string;
  readonly email: string;
}

/** Looks a user of the example up by name. Throws {@link DevError} when there is none. */
async function findUser(databaseUrl: string, name: string): Promise<Person> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const people = await sql<(Person & { name: string })[]>`select id, name, email from users`;
    const person = people.find((candidate) => candidate.name === name);
    if (person !== undefined) return person;
    const names = people.map((candidate) => candidate.name).join(", ");
    throw new DevError(
      "unknown_user",
      `There is no user ${name || "without a name"}; try ${names}.`,
    );
  } catch (error) {
    if (error instanceof DevError) throw error;
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new DevError("database_unreachable", `${reason}. Is \`deno task dev\` running?`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** An access token as Supabase Auth gives it to someone who has signed in. */
async function accessToken(name: string): Promise<string> {
  const config = readDevConfig((variable) => Deno.env.get(variable));
  if (!config.ownUsers) {
    throw new DevError("bad_setting", "Users sign in elsewhere: SUPABASE_… or USER_… is set.");
  }
  const { postgres: port } = config.ports;
  const url = config.databaseUrl ?? `postgresql://postgres:password@localhost:${port}/electric`;
  const { id, email } = await findUser(url, name);
  const secret = await devSecret(config.data, "user-secret");
  return await new SignJWT({ role: "authenticated", email })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(id)
    .setAudience("authenticated")
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(new TextEncoder().encode(secret));
}

try {
  console.log(await accessToken(Deno.args[0] ?? ""));
} catch (error) {
  if (!(error instanceof DevError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
