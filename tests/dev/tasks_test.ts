import { equal, match, rejects } from "node:assert/strict";
import { DevError } from "../../dev/error.ts";
import { lockFolder } from "../../dev/lock.ts";
import { splitStatements } from "../../dev/run_sql.ts";
import { announce, findRunning, withdraw } from "../../dev/running.ts";
import { DevProcess, freePorts, ROOT, temporaryFolder } from "./dev_process.ts";

const isError = (code: string, text = "") => (error: unknown) =>
  error instanceof DevError && error.code === code && error.message.includes(text);

Deno.test("the dev that runs is found, and no other", async () => {
  await using root = await temporaryFolder();
  await using data = await temporaryFolder();
  const running = { data: data.path, databaseUrl: "postgresql://x", ownUsers: true };
  await rejects(findRunning(root.path, undefined), isError("not_running", "deno task dev"));
  await announce(root.path, running);
  await rejects(findRunning(root.path, undefined), isError("not_running"), "it was killed");
  const lock = await lockFolder(data.path);
  try {
    await announce(root.path, running);
    equal((await findRunning(root.path, undefined)).databaseUrl, "postgresql://x");
    equal((await findRunning(root.path, data.path)).data, data.path);
    await rejects(findRunning(root.path, "/other"), isError("not_running", "DEV_DATA=/other"));
    const { mode } = await Deno.stat(`${root.path}/.dev/running/${Deno.pid}.json`);
    equal((mode ?? 0) & 0o777, 0o600);
    await Deno.writeTextFile(`${root.path}/.dev/running/1.json`, JSON.stringify(running));
    await rejects(findRunning(root.path, undefined), isError("many_running", data.path));
    await Deno.remove(`${root.path}/.dev/running/1.json`);
    await withdraw(root.path);
    await rejects(findRunning(root.path, undefined), isError("not_running"));
  } finally {
    lock.close();
  }
});

Deno.test("statements are split where Postgres splits them", async () => {
  const text = "select 'ä;'; insert into a values (1) ;; do $$ begin null; end $$";
  const [first, second, third] = await splitStatements(text);
  equal(first, "select 'ä;'");
  equal(second, "insert into a values (1)");
  equal(third, "do $$ begin null; end $$");
  equal((await splitStatements("selec 1; x")).length, 1);
});

/** Runs a task as a terminal does. */
const task = (data: string, ...args: string[]) => taskWith({ DEV_DATA: data }, ...args);

async function taskWith(env: Readonly<Record<string, string>>, ...args: string[]) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", ...args],
    cwd: ROOT,
    env: { DATABASE_URL: "", NO_COLOR: "1", ...env },
    stdin: "null",
  });
  const { code, stdout, stderr } = await process.output();
  const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, printed: read(stdout), error: read(stderr) };
}

const claimsOf = (jwt: string) =>
  JSON.parse(
    new TextDecoder().decode(
      Uint8Array.fromBase64(jwt.split(".")[1] ?? "", { alphabet: "base64url" }),
    ),
  );

Deno.test("sql and token work with the dev that runs, wherever it is", async (t) => {
  await using folder = await temporaryFolder();
  const ports = freePorts();
  await using dev = new DevProcess(ports, folder.path);
  await dev.ready();
  const run = (...args: string[]) => task(folder.path, ...args);

  await t.step("rows are printed as a table, changes by what they did", async () => {
    const { code, printed } = await run(
      "sql",
      "insert into items (value) values ('a'); select value, 1 as n from items; create table mine ()",
    );
    equal(code, 0);
    equal(printed, "INSERT 0 1\n value | n\n-------+---\n a     | 1\n(1 row)\nCREATE TABLE");
  });
  await t.step("an error names the place, and ends it with 1", async () => {
    const { code, error } = await run("sql", "select 1;\nselect nothing from items");
    equal(code, 1);
    match(error, /^ERROR: {2}column "nothing" does not exist\nLINE 1: select nothing/);
    match(error, /\n {15}\^$/);
  });
  await t.step("revoke ends tokens, which the edge learns by itself", async () => {
    const asked = await fetch(`http://localhost:${ports.gatekeeper}/gatekeeper/items`, {
      method: "POST",
    });
    const { headers } = await asked.json();
    const status = async () => {
      const url = `http://localhost:${ports.edge}/v1/shape?table=items&offset=-1`;
      const response = await fetch(url, { headers });
      await response.body?.cancel();
      return response.status;
    };
    equal(await status(), 200);
    const { code, printed } = await run("revoke", "--table", "items");
    equal(code, 0);
    match(printed, /^Revoked in [\w.]+:\d+\/electric: tokens for table items\.\nProxies refuse/);
    const began = performance.now();
    while (await status() !== 401) {
      equal(performance.now() - began < 12_000, true, "still not after 12 s");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  await t.step("revoke takes a user of the example by name, and says whom it revoked", async () => {
    for (
      const [given, sub] of [
        ["alice", "00000000-0000-4000-8000-00000000a11c"],
        ["auth0|x", "auth0\\|x"],
      ] as const
    ) {
      const { printed } = await run("revoke", "--subject", given);
      match(printed, new RegExp(`: tokens whose sub is ${sub}, letter for letter`));
    }
    const found = "select subject from gatekeeper.revocations where subject is not null order by 1";
    match((await run("sql", found)).printed, /00000000-0000-4000-8000-00000000a11c[^]*auth0\|x/);
  });
  await t.step("revoke says what it can't do", async () => {
    for (
      const [args, said] of [
        [["--table", "nothing"], /^there is no table nothing\./],
        [["--subject", "u1", "--everyone"], /^Say one of --subject, --table and --everyone\./],
        [[], /^Say one of/],
        [["--everyone", "--database", "x"], /^--database must be like postgresql:/],
        [
          ["--everyone", "--database", "postgresql://localhost:1/x"],
          /^The database can't be asked/,
        ],
      ] as const
    ) {
      const { code, error } = await run("revoke", ...args);
      equal(code, 1);
      match(error, said);
    }
    const elsewhere = { DATABASE_URL: "postgresql://u:secret@localhost:1/x" };
    const { code, error } = await taskWith(elsewhere, "revoke", "--everyone");
    equal(code, 1);
    match(error, /^The database can't be asked/);
    match(
      (await taskWith({ DATABASE_URL: "x" }, "revoke", "--everyone")).error,
      /^DATABASE_URL must/,
    );
    const none = await taskWith({ DEV_DATA: "/nowhere" }, "revoke", "--everyone");
    match(none.error, /^No `deno task dev` runs .* Or say which database: --database <url>/);
    await run("sql", "alter schema gatekeeper rename to other");
    match((await run("revoke", "--subject", "u1")).error, /apply the migration that `npx electric/);
    await run("sql", "alter schema other rename to gatekeeper");
  });
  await t.step("a user of the example, by name", async () => {
    const { email, role, sub } = claimsOf((await run("token", "alice")).printed);
    equal(
      `${email} ${role} ${sub}`,
      "alice@example.com authenticated 00000000-0000-4000-8000-00000000a11c",
    );
    match(
      (await run("token", "eve")).error,
      /^There is no user eve; try alice, bob, carol, or any UUID\.$/,
    );
  });
  await t.step(
    "any user, with any claims, without the example's tables, and it is taken",
    async () => {
      await run("sql", "drop table users cascade");
      const id = "00000000-0000-4000-8000-0000000000ee";
      const claim = 'app_metadata={"tenant":"acme"}';
      const args = ["token", id, "--role", "admin", "--email", "e@e.e", "--claim", claim];
      const { printed } = await run(...args);
      const { sub, role, email, app_metadata } = claimsOf(printed);
      equal(
        JSON.stringify([sub, role, email, app_metadata.tenant]),
        `["${id}","admin","e@e.e","acme"]`,
      );
      const headers = { authorization: `Bearer ${printed}` };
      const url = `http://localhost:${ports.gatekeeper}/gatekeeper/todos`;
      const granted = await fetch(url, { method: "POST", headers });
      equal(granted.status, 200, await granted.text());
      match((await run("token", "alice")).error, /no users with names .* give a user's id, a UUID/);
    },
  );
  await t.step("what can't be read is told, with the usage", async () => {
    for (
      const args of [["token"], ["token", "a", "b"], ["token", "a", "--claim", "x"], [
        "sql",
        "1",
        "2",
      ]]
    ) {
      const { code, error } = await run(...args);
      equal(code, 1);
      match(error, /\n\n.* {2}deno task /s);
    }
    for (const name of ["sql", "token"]) match((await run(name, "--help")).printed, /deno task/);
  });
});

Deno.test("without a dev, sql and token say what to start", async () => {
  await using folder = await temporaryFolder();
  for (const args of [["sql", "select 1"], ["token", "alice"]]) {
    const { code, error } = await task(folder.path, ...args);
    equal(code, 1);
    match(error, /^No `deno task dev` runs with DEV_DATA=.*: start it in another terminal/);
  }
});
