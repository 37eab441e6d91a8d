import { deepEqual, equal, rejects } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import postgres, { type Sql, type TransactionSql } from "postgres";
import { migrate } from "../../dev/migrate.ts";
import { testPostgres } from "../support/postgres.ts";

const SUPABASE = fileURLToPath(new URL("../../supabase", import.meta.url));
const ALICE = "00000000-0000-4000-8000-00000000a11c";
const TABLES = ["documents", "items", "members", "organisations", "todos", "users"];

/** The roles and grants that each Supabase project has. */
const ROLES = `
  create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
  grant usage on schema public to anon, authenticated, service_role;
  alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
  alter default privileges in schema public grant all on functions to anon, authenticated, service_role;`;

class Undone extends Error {}

/** Does something as PostgREST does for a request, and undoes it. */
async function as<T>(
  sql: Sql,
  role: string,
  claims: object | null,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  const answers: T[] = [];
  await sql.begin(async (tx) => {
    await tx`select set_config('request.jwt.claims', ${
      claims ? JSON.stringify(claims) : ""
    }, true)`;
    await tx.unsafe(`set local role ${role}`);
    answers.push(await work(tx));
    throw new Undone();
  }).catch((error) => {
    if (!(error instanceof Undone)) throw error;
  });
  const [answer] = answers;
  if (answer === undefined) throw new Error("it was not done");
  return answer;
}

Deno.test("with Supabase's grants, the example's tables give each user what policies.ts gives", async (t) => {
  await using server = await testPostgres();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(ROLES);
    await migrate(sql, `${SUPABASE}/migrations`);
    await sql.unsafe(await Deno.readTextFile(`${SUPABASE}/seed.sql`));
    await sql`insert into items (value) values ('hello')`;
    const alice = { sub: ALICE, role: "authenticated" };
    const count = (role: string, claims: object | null, table: string, columns = "*") =>
      as(sql, role, claims, async (tx) => {
        const rows = await tx.unsafe(`select ${columns} from public.${table}`);
        return rows.length;
      });

    await t.step("every table has row-level security", async () => {
      const rows = await sql<{ name: string; on: boolean }[]>`
        select relname as name, relrowsecurity as on from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`;
      // The gatekeeper's own list of migrations holds nobody's rows.
      const ours = rows.filter(({ name }) => TABLES.includes(name));
      deepEqual(ours.map(({ name }) => name), TABLES);
      deepEqual(ours.filter(({ on }) => !on), []);
    });
    await t.step("nobody in particular reads items, and nothing else", async () => {
      equal(await count("anon", null, "items"), 1);
      for (const table of ["todos", "members", "organisations"]) {
        equal(await count("anon", null, table), 0, table);
      }
      equal(await count("anon", null, "users", "id"), 0);
      equal(await count("anon", null, "documents", "title"), 0);
      await rejects(count("anon", null, "documents", "internal_notes"), /permission denied/);
      await rejects(count("anon", null, "users", "email"), /permission denied/);
    });
    await t.step("a user reads what is theirs", async () => {
      equal(await count("authenticated", alice, "todos"), 2);
      equal(await count("authenticated", alice, "members"), 1);
      equal(await count("authenticated", alice, "organisations"), 1);
      equal(
        await count("authenticated", alice, "documents", "id, organisation_id, title, body"),
        1,
      );
      equal(await count("authenticated", alice, "users", "id, name"), 3);
      await rejects(
        count("authenticated", alice, "documents", "internal_notes"),
        /permission denied/,
      );
      await rejects(count("authenticated", alice, "documents"), /permission denied/);
      await rejects(count("authenticated", alice, "users", "email"), /permission denied/);
    });
    await t.step("nobody writes by the API", async () => {
      const write = (statement: string) =>
        as(sql, "authenticated", alice, async (tx) => (await tx.unsafe(statement)).count);
      equal(await write("delete from public.members"), 0);
      equal(await write("update public.todos set done = true"), 0);
      await rejects(write("insert into public.items (value) values ('x')"), /row-level security/);
    });
    await t.step(
      "who signs in elsewhere, with an id that is no UUID, sees nothing by mistake",
      async () => {
        await rejects(count("authenticated", { sub: "user_1" }, "todos"), /uuid/);
        equal(await count("authenticated", {}, "todos"), 0);
      },
    );
    await t.step("the service role sees all, as ever", async () => {
      equal(await count("service_role", null, "todos"), 3);
      equal(await count("service_role", null, "documents"), 2);
    });
  } finally {
    await sql.end({ timeout: 1 });
  }
});
