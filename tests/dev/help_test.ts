import { equal, match } from "node:assert/strict";
import { ROOT } from "../support/process.ts";

const { tasks }: { tasks: Record<string, string> } = JSON.parse(
  await Deno.readTextFile(`${ROOT}/deno.json`),
);
/** What `deno` itself answers for, or several tasks that do. */
const DENOS = ["test", "check", "ok", "bundle"];

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

Deno.test("every task says how it is used", async (t) => {
  for (const name of Object.keys(tasks).filter((name) => !DENOS.includes(name))) {
    await t.step(name, async () => {
      const { code, out } = await run(["task", "-q", name, "--help"]);
      equal(code, 0);
      match(out, new RegExp(`^\\w.*deno task ${name}\\b`, "s"));
    });
  }
});

Deno.test("a benchmark says in one line what is to be installed", async (t) => {
  for (const name of ["proxy", "compressed", "held", "snapshot"]) {
    await t.step(name, async () => {
      const args = ["run", "-A", "--config", "tests/deno.json", `bench/${name}.ts`];
      const { code, out, error } = await run(args, { PATH: "/nowhere" });
      equal(code, 1);
      equal(out, "");
      match(error, /^This benchmark needs (wrk and )?nginx: install it .*\n$/);
    });
  }
});
