import { deepEqual, equal } from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import postgres, { type Sql } from "postgres";
import { DevProcess, freePorts, processesWith } from "../dev/dev_process.ts";
import { freePort } from "../support/free_port.ts";

/** An example that runs, with a tab that shows its page. */
export interface RunningExample extends AsyncDisposable {
  readonly page: Page;
  /** Its database. */
  readonly sql: Sql;
  /** Runs the SQL that the example's README suggests, by the command that it names; `values` stand for its `<names>`. */
  runReadmeSql(values?: Readonly<Record<string, string>>): Promise<void>;
  /** What went wrong in the page so far, and what the example's command printed. */
  explain(): string;
  /** Ends it as Ctrl-C does, and checks that nothing is left and that the page had no errors. */
  stop(): Promise<void>;
}

/** Runs `npm run dev` in the folder of an installed example, and opens its page. */
export async function runExample(
  folder: string,
  browser: BrowserContext,
  env: Readonly<Record<string, string>>,
): Promise<RunningExample> {
  await using stack = new AsyncDisposableStack();
  const ports = freePorts();
  const url = `http://localhost:${freePort()}`;
  const command = ["npm", "run", "dev", "--", "--port", new URL(url).port, "--strictPort"] as const;
  const settings = {
    ...{ SUPABASE_URL: "", SUPABASE_JWT_SECRET: "", USER_JWKS_URL: "" },
    VITE_GATEKEEPER: `http://localhost:${ports.gatekeeper}`,
    ...env,
  };
  const dev = stack.use(new DevProcess(ports, `${folder}/.dev`, settings, folder, command));
  await Promise.all([dev.ready(), dev.printed("Local:")]);
  const sql = postgres(`postgresql://postgres:password@localhost:${ports.postgres}/electric`, {
    max: 1,
  });
  stack.defer(() => sql.end({ timeout: 1 }));
  const page = await browser.newPage();
  stack.defer(() => page.close());
  const errors = errorsOf(page);
  await page.goto(url);
  const open = stack.move();
  return {
    page,
    sql,
    runReadmeSql: (values = {}) => runReadmeSql(folder, settings, values),
    explain: () => [...errors, dev.log].join("\n"),
    async stop() {
      await page.close();
      await sql.end({ timeout: 1 });
      dev.signal("SIGINT");
      await dev.end();
      deepEqual(errors, []);
      deepEqual(await dev.openPorts(), []);
      equal(await fetch(url).then(() => "answers", () => "is gone"), "is gone");
      deepEqual(await processesWith(folder), []);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function runReadmeSql(
  cwd: string,
  env: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const readme = await Deno.readTextFile(`${cwd}/README.md`);
  const [, statement = ""] = /^npx electric-gatekeeper sql "([^"]+)"$/m.exec(readme) ?? [];
  const filled = statement.replace(/<(\w+)>/g, (_, name) => values[name] ?? "");
  const args = ["electric-gatekeeper", "sql", filled];
  const { success, stderr } = await new Deno.Command("npx", { args, cwd, env }).output();
  if (!success) throw new Error(`${statement}: ${new TextDecoder().decode(stderr)}`);
}

/** What goes wrong in a page from now on, as its console says it. */
function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    const { url } = message.location();
    // A walk may have a write refused on purpose.
    if (message.type() === "error" && !url.endsWith("/api/todos")) errors.push(message.text());
  });
  return errors;
}
