#!/usr/bin/env node
// `npx electric-gatekeeper …`: on Node alone. What needs Deno is run by one, which npm has, too.
import { runWithDeno } from "./bin/run_with_deno.ts";
import { check } from "./check/check.ts";
import type { Cli } from "./cli.ts";
import { init } from "./init/init.ts";
import { readVersion } from "./version.ts";

const USAGE = `Gatekeeper for Electric: this user, these rows.

  npx electric-gatekeeper <command> [options]

  init     adds the gatekeeper and the edge to the project in this folder
  check    checks policies.ts: types, tables, clauses, and your tests of it
  dev      runs everything on this machine: Postgres, a local sync service, both servers
  token    prints an access token of a user, for the dev that runs
  sql      runs SQL in the database of the dev that runs
  client   prints a shape's rows as they change
  revoke   ends tokens before their time: a user's, a table's, or all
  keys     prints a fresh pair of keys, to sign and to verify tokens with
  serve    runs one of the servers by itself

<command> --help says more.`;

/** Commands that are run by Deno. */
const DENO_COMMANDS = ["dev", "token", "sql", "client", "revoke", "keys", "serve"];

/** Commands that run here. */
const COMMANDS: Readonly<Record<string, (cli: Cli) => Promise<number>>> = { init, check };

const [command, ...args] = process.argv.slice(2);
const own = COMMANDS[command ?? ""];

if (command === undefined || command === "--help" || command === "-h") {
  console.log(USAGE);
} else if (command === "--version" || command === "-v") {
  console.log(await readVersion());
} else if (own !== undefined) {
  const print = (text: string) => console.log(text);
  process.exitCode = await own({ cwd: process.cwd(), args, print, env: process.env });
} else if (DENO_COMMANDS.includes(command)) {
  process.exitCode = await runWithDeno(`cli/${command}.ts`, args);
} else {
  console.error(`There is no command ${command}.\n\n${USAGE}`);
  process.exitCode = 1;
}
