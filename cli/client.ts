import { parseArgs } from "node:util";
import { BackoffDefaults, type Message, ShapeStream } from "@electric-sql/client";
import { inOurWords } from "./help.ts";
import { GatekeeperError, gatekeeperShape } from "../client/index.ts";

const USAGE = `Prints a shape's rows as they change.

  deno task client [table] [where] [--param value ...] [--token token] [--gatekeeper url]

  table         the table to sync, items by default
  where         an SQL clause, with $1, $2, ... for the values of --param
  --param       the next value, may be repeated
  --token       the user's access token, as \`deno task token alice\` prints one
  --gatekeeper  the gatekeeper, http://localhost:4000 by default`;

function fail(line: string): never {
  console.error(inOurWords(line));
  Deno.exit(1);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        param: { type: "string", multiple: true, default: [] },
        token: { type: "string" },
        gatekeeper: { type: "string", default: "http://localhost:4000" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (!/^https?:\/\//.test(values.gatekeeper)) {
      throw new Error(`--gatekeeper must begin with http:// or https://, not ${values.gatekeeper}`);
    }
    if (positionals.length > 2) throw new Error(`Unexpected argument '${positionals[2]}'`);
    return { ...values, table: positionals[0] ?? "items", where: positionals[1] };
  } catch (error) {
    fail(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

/** Whether nothing listens there: with anything else, `deno task dev` isn't the cause. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /ECONNREFUSED|connection refused/i.test(error.message) || isRefused(error.cause);
}

/** Why there is no shape, in a line: the gatekeeper's words, or those of what failed. */
function explain(error: Error): string {
  const isOther = error instanceof GatekeeperError && error.code === "stream_failed";
  return isOther && error.cause instanceof Error ? error.cause.message : error.message;
}

function show(message: Message): string | undefined {
  const { headers } = message;
  if ("operation" in headers && "value" in message) {
    const value = JSON.stringify(message.value, (_, v) => typeof v === "bigint" ? String(v) : v);
    return `${headers.operation} ${value}`;
  }
  if ("control" in headers && headers.control === "must-refetch") return "refetch";
  return undefined;
}

const { table, where, param, token, gatekeeper, help } = readArguments();
if (help) {
  console.log(inOurWords(USAGE));
  Deno.exit(0);
}
const over = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    over.abort();
    Deno.exit(0);
  });
}
let state = "new";
const become = (next: string, line: string) => {
  if (state !== next) console.error(line);
  state = next;
};

/** Says when servers are away; where there is no gatekeeper to begin with, it fails. */
const fetchClient: typeof fetch = async (input, init) => {
  const away = () => become("away", "A request failed, trying again ...");
  try {
    const response = await fetch(input, init);
    if (response.status >= 500) away();
    return response;
  } catch (error) {
    if (state === "new") {
      const hint = isRefused(error) ? " Is `deno task dev` running?" : "";
      fail(`The gatekeeper at ${gatekeeper} doesn't answer.${hint}`);
    }
    if (!init?.signal?.aborted) away();
    throw error;
  }
};

const shape = gatekeeperShape({
  gatekeeper,
  table,
  ...(where !== undefined && { where }),
  ...(param.length > 0 && { params: param }),
  ...(token !== undefined && { authorization: token }),
  fetchClient,
  signal: over.signal,
  onError: (error) => fail(explain(error)),
});

const stream = new ShapeStream({
  ...shape,
  backoffOptions: { ...BackoffDefaults, maxDelay: 5000 },
});
stream.subscribe((messages) => {
  for (const message of messages) {
    const line = show(message);
    if (line !== undefined) console.log(line);
  }
  if (stream.isUpToDate) become("live", "Up to date, waiting for changes (Ctrl-C ends).");
});
