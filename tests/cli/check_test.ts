import assert from "node:assert/strict";
import { dirname } from "node:path";
import postgres from "postgres";
import { check } from "../../cli/check/check.ts";
import { findDeno } from "../../cli/check/deno.ts";
import { DEPARSER, PARSER } from "../../cli/check/decisions.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/process.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { runIn, writeFiles } from "./command.ts";
import { repositoryImports } from "./library.ts";

const FUNCTION = "supabase/functions/gatekeeper";
const POLICIES = `${FUNCTION}/policies.ts`;

let database: TestPostgres;
let folder: TempDir;
Deno.test.beforeAll(async () => {
  database = await testPostgres();
  const sql = postgres(database.url, { max: 1 });
  await sql.unsafe(`
    create table todos (id uuid primary key, owner_id uuid, title text);
    create view todo_titles as select title from todos;`);
  await sql.end();
  folder = await tempDir();
  await writeFiles(folder.path, { [`${FUNCTION}/deno.json`]: await repositoryImports() });
});
Deno.test.afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const policies = (entries: string) =>
  `import { allow, definePolicies, deny, ownRows, rows } from "electric-gatekeeper";
void [allow, deny, ownRows, rows];
export const policies = definePolicies({
${entries}
});
`;

/** Checks policies, with these tests beside them. */
async function checked(text: string, tests: Record<string, string> = {}, more: string[] = []) {
  const added = Object.entries(tests).map(([name, test]) => [`${FUNCTION}/${name}`, test]);
  await writeFiles(folder.path, { [POLICIES]: text, ...Object.fromEntries(added) });
  try {
    return await runIn(folder.path, check, ["--database", database.url, ...more]);
  } finally {
    for (const name of Object.keys(tests)) await Deno.remove(`${folder.path}/${FUNCTION}/${name}`);
  }
}

Deno.test("good policies pass, with nothing but a summary", async () => {
  const { code, output } = await checked(policies(`todos: ownRows("owner_id"),`));
  assert.equal(output, `${POLICIES}: nothing found.`);
  assert.equal(code, 0);
});

Deno.test("each mistake is a line that says what to do", async () => {
  const { code, output } = await checked(policies(`
  todos: ({ user }) => user && rows\`owner_id = \${user.id} and title ~ 'a'\`,
  todo: allow,
  todo_titles: allow,`));
  const [grammar, view, missing, ...rest] = output.split("\n").sort((a, b) => a < b ? 1 : -1);
  assert.match(grammar ?? "", /todos: for user [0-9a-f-]{36}, .*operator overload.*: correct the/);
  assert.match(view ?? "", /todo_titles: is a view, .*: write a policy for the table behind it/);
  assert.match(missing ?? "", /todo: the database has no such table: correct the name/);
  assert.deepEqual(rest, [`3 findings in ${POLICIES}.`]);
  assert.equal(code, 1);
});

Deno.test("a type that is wrong is told with its place", async () => {
  const { code, output } = await checked(policies("todos: 1,"));
  assert.match(output, /policies\.ts:4:1: .*number.* is not assignable .*\(TS2322\): correct it/);
  assert.equal(code, 1);
});

Deno.test("what can't be read at all is a finding, too", async () => {
  const { code, output } = await checked("export const policies = ;");
  assert.match(output, /policies\.ts: Deno can't read it: .*Expression expected/);
  assert.match(output, /^1 finding in /m, "and nothing else is tried");
  assert.equal(code, 1);
});

Deno.test("columns are checked even where no sample user gets to", async () => {
  const { output } = await checked(policies(`
  todos: ({ user }) => user?.role === "admin" && rows\`true\`.columns("id", "titel"),`));
  assert.equal(
    output,
    `${POLICIES}: todos: .columns(…) names the column titel, which the table doesn't have: ` +
      `correct the name\n1 finding in ${POLICIES}.`,
  );
});

Deno.test("a column that two checks see is told once", async () => {
  const { output } = await checked(policies(`todos: ownRows("owner"),`));
  assert.equal(output.match(/owner\b/g)?.length, 1, output);
  assert.match(output, /ownRows\(…\) names the column owner, which the table doesn't have/);
});

Deno.test("named shapes are tried, and their columns read", async () => {
  const shapes = (get: string) => `
import { defineShapes, definePolicies, from, shape } from "electric-gatekeeper";
export const policies = definePolicies({});
export const shapes = defineShapes({ own: shape({ get: ({ user }) => ${get} }) });`;
  const good = `user && from("todos").rows\`owner_id = \${user.id}\`.columns("id", "title")`;
  assert.equal((await checked(shapes(good))).output, `${POLICIES}: nothing found.`);
  const { output } = await checked(
    shapes(`user?.role === "admin" && from("todos").rows\`(true)\`.columns("id", "titel")`),
  );
  assert.match(
    output,
    /todos: \.columns\(…\) names the column titel, which the table doesn't have/,
  );
  const missing = await checked(shapes(`user && from("todo")`));
  assert.match(
    missing.output,
    /shape own: for user .*of shape own: the database has no such table: correct the policy/,
  );
  assert.equal(missing.code, 1);
});

Deno.test("a policy decides for the users that one names", async () => {
  const text = policies(`todos: ({ user }) => user?.id === "x" && rows\`owner_id = \${user.id}\`,`);
  assert.equal((await checked(text)).code, 0);
  const { code, output } = await checked(text, {}, ["--as", "x"]);
  assert.match(output, /todos: for user x, .*invalid input syntax for type uuid/);
  assert.equal(code, 1);
});

Deno.test("policies must be exported under their name", async () => {
  const { output } = await checked("export const other = 1;");
  assert.match(output, /can't be tried: it must export what definePolicies gives as policies/);
  const failing = await checked('export const policies = 1; throw new Error("at the top");');
  assert.match(failing.output, /the policies can't be loaded: .*at the top/);
});

Deno.test("a policy that throws is told with its error", async () => {
  const { output } = await checked(policies(`todos: () => { throw new Error("no luck"); },`));
  assert.match(output, /todos: for nobody in particular, Error: no luck at .*: correct the policy/);
});

Deno.test("the user's tests run on the database; those that fail are told", async () => {
  const test = (column: string) => `
import assert from "node:assert/strict";
import { testPolicies } from "electric-gatekeeper/testing";
import { policies } from "./policies.ts";
Deno.test("people sync their own", async () => {
  const as = { id: "00000000-0000-4000-8000-00000000a11c" };
  const { shape } = await testPolicies(policies, { as, on: "todos" });
  assert.equal(shape?.where, "${column} = $1");
});`;
  const text = policies(`todos: ownRows("owner_id"),`);
  const good = await checked(text, { "policies_test.ts": test("owner_id") });
  assert.equal(good.output, `${POLICIES}: nothing found, and 1 test passed.`);
  const bad = await checked(text, {
    "policies_test.ts": test("owner_id"),
    "todos.policies_test.ts": test("id"),
  });
  assert.match(bad.output, /todos\.policies_test\.ts:5: test "people sync their own" fails: /);
  assert.equal(bad.code, 1);
  const bare = 'import { equal } from "node:assert/strict";\nequal(1, 2);';
  const failing = await checked(text, { "policies_test.ts": bare });
  assert.match(failing.output, /policies_test\.ts:2: fails: AssertionError/);
  const broken = await checked(text, { "policies_test.ts": `const n: number = "a"; n;` });
  assert.match(broken.output, /policies_test\.ts:1:7: .*\(TS2322\): correct it/);
});

Deno.test("without a database it says what wasn't checked", async () => {
  await writeFiles(folder.path, { [POLICIES]: policies("todos: deny,") });
  const { code, output } = await runIn(folder.path, check);
  assert.match(output, /weren't checked, for no database was named: set DATABASE_URL/);
  assert.equal(code, 1);
  assert.equal((await runIn(folder.path, check, ["--no-database"])).code, 0);
});

Deno.test("a database that isn't there is a finding", async () => {
  await writeFiles(folder.path, { [POLICIES]: policies("todos: deny,") });
  const env = { DATABASE_URL: "postgresql://postgres@127.0.0.1:1/none" };
  const { code, output } = await runIn(folder.path, check, [], env);
  assert.match(output, /its decisions can't be tried: .*ECONNREFUSED/);
  assert.equal(code, 1);
});

Deno.test("policies that aren't there, and arguments that can't be, are told", async () => {
  await using empty = await tempDir();
  const none = await runIn(empty.path, check);
  assert.match(none.output, /--policies <file>/);
  assert.equal(none.code, 1);
  const named = await runIn(empty.path, check, ["--policies", "mine.ts"]);
  assert.match(named.output, /There is no mine\.ts/);
  const unknown = await runIn(empty.path, check, ["--nonsense"]);
  assert.match(unknown.output, /nonsense[^]*npx electric-gatekeeper check/);
  assert.equal((await runIn(empty.path, check, ["--help"])).code, 0);
});

Deno.test("without any Deno it says what to install", async () => {
  assert.equal(await findDeno({ PATH: folder.path }, null), null);
  const onPath = await findDeno({ PATH: dirname(Deno.execPath()) }, null);
  assert.equal((await onPath?.(["--version"], { cwd: folder.path }))?.code, 0);
  await writeFiles(folder.path, { [POLICIES]: policies("todos: deny,") });
  const without = (cli: Parameters<typeof check>[0]) => check(cli, () => Promise.resolve(null));
  const { code, output } = await runIn(folder.path, without);
  assert.match(output, /neither deno nor npx on the PATH/);
  assert.equal(code, 1);
});

Deno.test("what it brings is the library's", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  assert.equal(PARSER.replace("^", ""), imports["libpg-query"]);
  assert.equal(DEPARSER.replace("^", ""), imports["pgsql-deparser"]);
});
