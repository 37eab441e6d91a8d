import { readDevConfig } from "../dev/config.ts";
import { type Command, runTask } from "../dev/task.ts";
import { DevError } from "../dev/error.ts";
import { findRunning } from "../dev/running.ts";
import { runSql } from "../dev/run_sql.ts";

const USAGE =
  `Runs SQL in the database of the \`deno task dev\` that runs, and prints what comes back.

  deno task sql "select * from items"

Several statements, with semicolons between them, run one after another; without an argument they are
read from standard input. DEV_DATA says which, where several \`deno task dev\` run.`;

const command: Command = { usage: USAGE, options: {}, positionals: [0, 1] };

await runTask(command, async ({ positionals: [text] }) => {
  const { root, chosenData } = readDevConfig((name) => Deno.env.get(name));
  const { databaseUrl } = await findRunning(root, chosenData);
  const statements = text ?? await new Response(Deno.stdin.readable).text();
  if (statements.trim() === "") throw new DevError("bad_argument", "There is no SQL to run.");
  await runSql(databaseUrl, statements, (line) => console.log(line));
});
