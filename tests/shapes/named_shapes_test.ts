import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { decodeJwt } from "jose";
import {
  ALICE,
  type Asked,
  BOB,
  OTHER,
  PROJECT,
  type ShapesStack,
  startShapesStack,
} from "./stack.ts";

let stack: ShapesStack;
Deno.test.beforeAll(async () => {
  stack = await startShapesStack();
});
Deno.test.afterAll(async () => await stack[Symbol.asyncDispose]());

/** Asks for a shape; gives the answer, and the lines of the log. */
async function ask(name: string, more: Omit<Asked, "path"> & { query?: string } = {}) {
  const from = stack.log.length;
  const { query = "", ...rest } = more;
  const response = await stack.ask({ path: `/gatekeeper/shapes/${name}${query}`, ...rest });
  const text = await response.text();
  const lines = stack.log.slice(from);
  return { status: response.status, response, text, body: text && JSON.parse(text), lines };
}

const ISSUES = {
  table: "issues",
  where: "project_id = $1 and open = $2",
  columns: ["id", "title"],
};

for (const name of ["projectIssues", "valibotIssues", "arktypeIssues"]) {
  Deno.test(`${name}: the answer is the same as for a table`, async () => {
    const { status, body, lines, response } = await ask(name, {
      as: ALICE,
      body: { project: PROJECT },
    });
    equal(status, 200);
    const { headers, expires_at, ...rest } = body;
    deepEqual(rest, {
      url: "https://sync.example/v1/shape",
      params: { ...ISSUES, params: { 1: PROJECT, 2: "true" } },
      ...ISSUES,
    });
    match(expires_at, /^\d{4}-/);
    const { shape, sub } = decodeJwt(headers.Authorization.slice(7));
    equal(sub, ALICE);
    deepEqual(shape, {
      namespace: null,
      ...ISSUES,
      params: { 1: PROJECT, 2: "true" },
      replica: null,
    });
    equal(response.headers.get("cache-control"), "no-store");
    equal(response.headers.get("access-control-allow-origin"), "*");
    deepEqual(lines, [`POST /gatekeeper/shapes/${name} 200`]);
  });

  Deno.test(`${name}: what get doesn't return is nobody's`, async () => {
    for (const asked of [{}, { as: BOB }, { as: ALICE, body: { project: OTHER } }]) {
      const { status, body, lines } = await ask(name, { body: { project: PROJECT }, ...asked });
      deepEqual([status, body], [403, { message: `You may not sync shape ${name}.` }]);
      deepEqual(lines, [`POST /gatekeeper/shapes/${name} 403: denied`]);
    }
  });

  Deno.test(`${name}: bad arguments are 400, with the schema's own issues`, async () => {
    for (const body of [{}, { project: "x" }, { project: 1 }, { project: PROJECT, open: "yes" }]) {
      const { status, body: told, lines } = await ask(name, { as: ALICE, body });
      equal(status, 400);
      deepEqual(Object.keys(told), ["message", "issues"]);
      deepEqual(told.issues.map(({ path }: { path: unknown }) => path), [
        ["open" in body ? "open" : "project"],
      ]);
      ok(told.issues[0].message.length > 5);
      const path = "open" in body ? "open" : "project";
      ok(told.message.startsWith(`Bad arguments: ${path}: `), told.message);
      deepEqual(lines, [
        `POST /gatekeeper/shapes/${name} 400: ${told.message}: invalid_arguments`,
      ]);
    }
  });
}

Deno.test("arguments come as JSON, a query or a form, whose values are texts", async () => {
  const query = "?n=7&open=false";
  const form = { text: "n=7&open=false", type: "application/x-www-form-urlencoded" };
  const ways = [{ query }, form, { body: { n: 7, open: "false" } }, {
    query: "?n=7&forceFunctionRegion=eu-west-1",
    body: { open: "no" },
  }];
  for (const way of ways) {
    const { status, body } = await ask("counted", way);
    equal(status, 200, JSON.stringify(body));
    deepEqual(body.params.params, { 1: "7", 2: "false" });
  }
  equal((await ask("projectIssues", { query: `?project=${PROJECT}&open=true` })).status, 400);
});

Deno.test("what isn't arguments is 400", async () => {
  const form = "application/x-www-form-urlencoded";
  const deep = (n: number) => `{"x":${"[".repeat(n)}${"]".repeat(n)}}`;
  const bad: Omit<Asked, "path">[] = [
    ...["[]", "1", "null", '"x"', "{", '{"a":1}{}', "[{}]"].map((text) => ({ text })),
    { text: "n=1&n=2", type: form },
    { text: '{"n":1}', type: form },
    { text: "{}", type: "text/csv" },
    { text: '{"__proto__":{"n":1}}' },
    { text: '{"x":{"__proto__":1}}' },
    { text: '{"x":[{"__proto__":1}]}' },
    { text: "__proto__=1", type: form },
    { text: deep(40) },
    { text: deep(20_000) },
    { text: '{"x":1e999}' },
    { text: '{"x":"\\u0000"}' },
    { text: '{"x":"\\ud800"}' },
    { text: '{"x":"a\\nb"}' },
    { text: '{"\\u0000":1}' },
    { text: `{"x":"${"x".repeat(9000)}"}` },
  ];
  for (const way of bad) {
    const { status, text, lines } = await ask("anything", { as: ALICE, ...way });
    equal(status, 400, `${way.text?.slice(0, 60)} ${text}`);
    equal(lines.length, 1);
    doesNotMatch(text, /eyJ/);
  }
  for (const query of ["?n=1&n=2", "?n=%ff", "?n=%00", "?__proto__=1"]) {
    equal((await ask("anything", { query })).status, 400, query);
  }
  equal((await ask("anything", { query: "?n=1", body: { n: 1 } })).status, 400, "twice");
  equal((await ask("anything", { text: `{"x":"${"x".repeat(70_000)}"}` })).status, 413);
  for (const good of ["", "{}", deep(30), '{"constructor":1,"toString":{"prototype":2}}']) {
    const { status, text } = await ask("anything", { text: good });
    equal(status, 200, `${good.slice(0, 60)} ${text}`);
  }
});

Deno.test("a client says nothing of a shape but its arguments", async () => {
  for (const body of [{ where: "true" }, { columns: ["n"] }, { table: "secrets" }, { x: 1 }]) {
    const { status, body: told } = await ask("all", { body });
    equal(status, 400);
    deepEqual(told.issues, [{
      path: Object.keys(body),
      message: "This shape takes no arguments.",
    }]);
  }
  const { body } = await ask("anything", {
    body: { where: "true", columns: "n", table: "secrets", replica: "full", params: ["x"] },
  });
  deepEqual(body.params, { table: "issues" });
  const titled = await ask("titled", {
    body: { title: "x' or true --", where: "true", columns: "n", $1: "y" },
  });
  deepEqual(titled.body.params, {
    table: "issues",
    where: "title = $1",
    params: { 1: "x' or true --" },
  });
});

Deno.test("a selection is all rows, a clause, a policy's; with columns and replica", async () => {
  const given = async (name: string) => (await ask(name, { as: ALICE })).body.params;
  deepEqual(await given("all"), { table: "issues" });
  deepEqual(await given("full"), { table: "issues", columns: ["id", "title"], replica: "full" });
  const where = "owner_id = $1";
  const mine = { table: "todos", where, params: { 1: ALICE } };
  deepEqual(await given("mine"), { ...mine, columns: ["id"] });
  equal((await ask("mine")).status, 403);
  equal((await ask("todos")).status, 403);
  deepEqual(await given("constructor"), { table: "issues", where: "n = 1" });
});

Deno.test("names are compared as they came; what isn't defined is 404", async () => {
  const names = ["nothing", "__proto__", "toString", "hasOwnProperty", "valueOf", "ALL", "%61ll"];
  for (const name of names) {
    const { status, body, lines } = await ask(name, { as: ALICE });
    equal(status, 404, name);
    match(body.message, /GET \/gatekeeper\/shapes/);
    match(lines.join("\n"), / 404: no_such_shape$/);
  }
  for (const name of ["", "all/", "all/x", "/all"]) equal((await ask(name)).status, 404, name);
});

Deno.test("methods are those of a table's; the preflight needs nothing", async () => {
  for (const method of ["GET", "PUT", "DELETE"]) {
    const { status, response } = await ask("all", { method });
    deepEqual([status, response.headers.get("allow")], [405, "POST, OPTIONS"]);
  }
  for (const path of ["/gatekeeper/shapes/all", "/gatekeeper/shapes/nothing", "/gatekeeper"]) {
    const response = await stack.ask({ path, method: "OPTIONS" });
    equal(response.status, 204);
    equal(response.headers.get("access-control-allow-methods"), "POST, OPTIONS");
  }
});

Deno.test("a bad access token is 401, whatever is asked", async () => {
  for (const name of ["all", "nothing"]) {
    const response = await stack.ask({ path: `/gatekeeper/shapes/${name}`, as: "a\nb" });
    equal(response.status, 401);
    await response.body?.cancel();
  }
});

Deno.test("a table and a shape may have one name, and a table be called shapes", async () => {
  const table = await stack.ask({ path: "/gatekeeper/projectIssues" });
  equal((await table.json()).params.table, "projectissues");
  const shapes = await stack.ask({ path: "/gatekeeper/shapes", body: { columns: ["id"] } });
  deepEqual((await shapes.json()).params, { table: "shapes", columns: ["id"] });
  const put = await stack.ask({ path: "/gatekeeper/shapes", method: "PUT" });
  equal(put.headers.get("allow"), "GET, HEAD, POST, OPTIONS");
  await put.body?.cancel();
});

Deno.test("GET lists them, with JSON Schema where the validator gives one", async () => {
  const response = await stack.ask({ path: "/gatekeeper/shapes", method: "GET" });
  equal(response.status, 200);
  const { shapes } = await response.json();
  const argsOf = (name: string) => shapes.find((one: { name: string }) => one.name === name)?.args;
  for (const name of ["projectIssues", "arktypeIssues", "valibotWritten"]) {
    const { type, required, properties } = argsOf(name);
    deepEqual([type, required], ["object", ["project"]], name);
    deepEqual(Object.keys(properties), ["project", "open"]);
  }
  equal(argsOf("valibotIssues"), null);
  equal(argsOf("schemaThrows"), null);
  deepEqual(argsOf("all"), { type: "object", additionalProperties: false });
});

/** What goes wrong on our side, with what the log must say. */
const WRONG: Readonly<Record<string, RegExp>> = {
  failing: /"nothing" does not exist/,
  swallowing: /"nothing" does not exist/,
  writing: /read-only transaction/,
  noSuchTable: /of shape noSuchTable: the database has no such table/,
  noSuchColumn: /of shape noSuchColumn: columns names what the table doesn't have: nope/,
  withoutKey: /primary key; missing: id/,
  badTable: /from\(…\): table has two dots/,
  badType: /invalid input syntax for type uuid/,
  beyondPolicy: /You may not sync these columns of todos: secret/,
  notReadable: /Electric can't read this where/,
  longList: /of shape longList grants too much text|is over 8192/,
  givesTrue: /get of shape givesTrue gives from\(…\), false or null, not boolean/,
  givesUndefined: /not undefined/,
  givesText: /not string/,
  givesRows: /not object/,
  givesLookalike: /not object/,
  throws: /Error: line one line two/,
  throwsNothing: /something other than an Error was thrown/,
  schemaThrows: /Error: schema/,
  schemaRejects: /Error: schema/,
  schemaGivesNothing: /neither a value nor issues/,
  schemaGivesEmpty: /neither a value nor issues/,
  schemaGivesNull: /neither a value nor issues/,
};

for (const [name, says] of Object.entries(WRONG)) {
  Deno.test(`${name} is a 500 and one line that names the shape, never a token`, async () => {
    const { status, body, lines } = await ask(name, { as: ALICE });
    equal(status, 500);
    deepEqual(Object.keys(body), ["message"]);
    match(body.message, /the gatekeeper's log says why/);
    equal(lines.length, 1);
    match(lines[0] ?? "", new RegExp(`^POST /gatekeeper/shapes/${name} 500: [^\n]+$`));
    match(lines[0] ?? "", says);
  });
}

Deno.test("what waits too long is a 503 that says what", async () => {
  const names = ["hanging", "waiting", "schemaHangs"];
  const [hanging, waiting, schema] = await Promise.all(names.map((name) => ask(name)));
  deepEqual([hanging?.status, waiting?.status, schema?.status], [503, 503, 503]);
  match(hanging?.body.message, /^The policy of shape hanging took longer than 5 s/);
  match(waiting?.body.message, /^A query of the policy of shape waiting took longer than 2 s/);
  match(schema?.body.message, /^The schema of shape schemaHangs took longer than 5 s/);
  equal(hanging?.response.headers.get("retry-after"), "2");
});

Deno.test("a schema may be asynchronous, and its issues nonsense", async () => {
  equal((await ask("checkedLater", { body: { ok: true } })).status, 200);
  const { body } = await ask("checkedLater", { body: { ok: false } });
  deepEqual(body.issues, [{ path: ["ok"], message: "not now" }]);
  const nonsense = await ask("schemaIssuesNonsense");
  deepEqual([nonsense.status, nonsense.body.issues.length], [400, 3]);
  const none = await ask("schemaIssuesNoList");
  deepEqual([none.status, none.body.message], [400, "Bad arguments: the schema doesn't say why"]);
});

Deno.test("what a schema says of arguments stays on one line of the log", async () => {
  const { lines } = await ask("schemaIssuesLines");
  deepEqual(lines, [
    "POST /gatekeeper/shapes/schemaIssuesLines 400: Bad arguments: a b: c d e: invalid_arguments",
  ]);
});

Deno.test("issues are told in part where there are thousands", async () => {
  const list = Array.from({ length: 9000 }, () => 1);
  const { status, text } = await ask("projectIssues", { body: { project: list, open: list } });
  equal(status, 400);
  ok(text.length < 20_000, `${text.length}`);
  ok(JSON.parse(text).message.length <= 320);
  const keys = { project: "x".repeat(5000), ["y".repeat(5000)]: 1 };
  ok((await ask("arktypeIssues", { body: keys })).text.length < 20_000);
});

Deno.test("a proxy that can't check handles: shapes with arguments are 403, others as ever", async () => {
  await using careful = await startShapesStack("", { ELECTRIC_PROXY_CHECKS_HANDLES: "0" });
  const body = { title: "chosen so that its shape has another's hash" };
  const named = await careful.ask({ path: "/gatekeeper/shapes/titled", body });
  const { message } = await named.json();
  deepEqual([named.status, /titled.*subset queries/.test(message)], [403, true]);
  const items = [{ shape: "titled", args: body }, { shape: "all" }];
  const many: { status: number }[] = await (await careful.ask({ path: "/gatekeeper", body: items }))
    .json();
  deepEqual(many.map(({ status }) => status), [403, 200]);
  equal((await careful.ask({ path: "/gatekeeper/shapes/all" })).status, 200);
});
