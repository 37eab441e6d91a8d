import { SignJWT } from "jose";
import postgres from "postgres";
import { DevError } from "./error.ts";

/** How long a dev user stays signed in. */
const LIFETIME = "24h";

/** A user of the example. */
export interface Person {
  readonly id: string;
  readonly email: string | undefined;
}

/** Whether a text is an id, in place of a name. */
export const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/**
 * Looks a user of the example up by name.
 *
 * @throws {DevError} `unknown_user` when there is none, or no such table; `database_unreachable`.
 */
export async function findUser(databaseUrl: string, name: string): Promise<Person> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const people = await sql<(Person & { name: string })[]>`
      select id::text, name::text, email::text from users order by name limit 1000`;
    const person = people.find((candidate) => candidate.name === name);
    if (person !== undefined) return person;
    const names = people.slice(0, 10).map((candidate) => candidate.name).join(", ");
    throw new DevError(
      "unknown_user",
      `There is no user ${name}; try ${names ? `${names}, or ` : ""}any UUID.`,
    );
  } catch (error) {
    if (error instanceof DevError) throw error;
    if (error instanceof postgres.PostgresError) {
      throw new DevError(
        "unknown_user",
        `There are no users with names in this database (${error.message}): give a user's id, a UUID.`,
      );
    }
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new DevError("database_unreachable", `The database can't be asked: ${reason}.`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** An access token as Supabase Auth gives it to someone who has signed in; `claims` win. */
export async function userToken(
  secret: string,
  id: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  return await new SignJWT({ sub: id, aud: "authenticated", ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(new TextEncoder().encode(secret));
}
