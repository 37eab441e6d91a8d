import assert from "node:assert/strict";
import { rawRequest } from "./raw_request.ts";
import { type Exchange, type RawResponse, readRecording } from "./recording.ts";
import { Renamer } from "./renamer.ts";
import { type Stack, startStack } from "./stack.ts";

const SCENARIOS = [
  "basic",
  "replica-full",
  "where",
  "errors",
  "caching",
  "live",
  "modes",
  "subset",
  "rotation",
  "types",
  "subqueries",
];

/** The recorded Electric wrote the keys of messages in another order there than elsewhere. */
const OTHER_KEY_ORDER = "subqueries";

/** Exchanges that the stand-in can't reproduce, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "bad-utf8": "Electric's HTTP server drops the connection with no header but `connection: close`",
  "sse-keepalive":
    "a stream that begins with changes moves the client past them by its header and " +
    "ends; ours stays open, for it has a change before the client asks, and a cut would lose it",
};

/** The HTTP server under the stand-in sends these where it likes. */
const PLACED_BY_SERVER = new Set(["date", "transfer-encoding", "content-length", "connection"]);

/** The recordings wait in human time. */
const SPEED = 10;

Deno.test("answers as recorded from a real Electric", async (test) => {
  await using stack = await startStack({ longPollMs: 1000 });
  for (const scenario of SCENARIOS) {
    await test.step(scenario, () => replay(stack, scenario));
  }
});

async function replay(stack: Stack, scenario: string): Promise<void> {
  const [recorded, actual] = [new Renamer(), new Renamer()];
  for (const step of await readRecording(scenario)) {
    if (step.kind === "sql") await stack.sql.unsafe(step.sql);
    if (step.kind === "sleep") await sleep(step.ms / SPEED);
    if (step.kind !== "exchange" || step.id in LEFT_OUT) continue;
    const target = actual.translate(step.request.target, recorded);
    const headers = Object.fromEntries(
      Object.entries(step.request.headers ?? {})
        .map(([name, value]) => [name, actual.translate(value, recorded)]),
    );
    const response = await exchange(stack, {
      ...step,
      request: { ...step.request, target, headers },
    });
    assert.deepEqual(
      parsed(scenario, comparable(actual.response(response))),
      parsed(scenario, comparable(recorded.response(step.response))),
      `${scenario}: ${step.id}`,
    );
  }
}

/** Sends the request, and runs its statement once it is held. */
async function exchange(stack: Stack, step: Exchange): Promise<RawResponse> {
  const cut = step.response.cut_after_ms;
  const answer = rawRequest(stack.service.url, step.request, cut && cut / SPEED);
  if (step.sql !== undefined) {
    await sleep((step.during_ms ?? 0) / SPEED);
    await stack.sql.unsafe(step.sql);
  }
  return await answer;
}

/** Electric's own headers in order, then the server's; the body parsed, since text compares badly. */
function comparable({ status, headers, body }: RawResponse) {
  const isServers = ([name]: readonly [string, string]) => PLACED_BY_SERVER.has(name);
  return {
    status,
    headers: headers.filter((header) => !isServers(header)),
    placed: Object.fromEntries(headers.filter(isServers)),
    body,
  };
}

/** The body as values, where the order of a message's keys says nothing. */
function parsed(scenario: string, { body, ...rest }: ReturnType<typeof comparable>) {
  if (scenario !== OTHER_KEY_ORDER) return { ...rest, body };
  // What was a number before it was renamed has no quotes.
  const values: unknown = JSON.parse(body.replace(/(?<=[:[,])<[^>]+>/g, '"$&"'));
  return { ...rest, body: values };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
