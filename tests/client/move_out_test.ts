import assert from "node:assert/strict";
import { isChangeMessage, ShapeStream } from "@electric-sql/client";
import { gatekeeperShape } from "../../client/index.ts";
import { readRecording } from "../sync/recording.ts";
import { type Follow, FOLLOWERS, type Watched } from "./followers.ts";
import { type LogMessage, LogServer } from "./log_server.ts";
import { until } from "./servers.ts";

/** What Electric answered, by the exchange's name, and the ids that are there after it. */
const IN_ONE_SUBQUERY = {
  "sub-initial": ["10"],
  "joins-org": ["10", "20"],
  "insert-in-org": ["10", "20", "21"],
  "update-in-org": ["10", "20", "21"],
  "doc-changes-org-inside": ["10", "20", "21"],
  "doc-leaves": ["10", "20"],
  "leaves-org": ["20"],
  "leaves-last-org": [],
  "joins-again": ["10", "20"],
};
/** `id = 30 OR (org_id IN (…) AND title <> 'hidden')`: row 30 has two reasons once its organisation is joined. */
const BY_TWO_REASONS = {
  "or-initial": ["10", "20", "30"],
  "or-joins": ["10", "20", "21", "30"],
  "or-leaves": ["10", "20", "30"],
};
const NOT_IN = { "not-in-initial": ["10", "20"], "not-in-opens": ["10"] };

const bodies = new Map<string, LogMessage[]>();
for (const step of await readRecording("subqueries")) {
  if (step.kind === "exchange" && step.response.body.startsWith("[")) {
    bodies.set(step.id, JSON.parse(step.response.body));
  }
}

const row = (id: string, headers: object, value = {}): LogMessage => ({
  key: `"public"."docs"/"${id}"`,
  value: { id, ...value },
  headers,
});
const event = (event: string, ...patterns: [pos: number, value: string][]): LogMessage => ({
  headers: { event, patterns: patterns.map(([pos, value]) => ({ pos, value })) },
});

/** A log by hand, where the recordings have no case. */
const BY_HAND: readonly [messages: LogMessage[], ids: string[]][] = [
  [[
    row("1", { operation: "insert", tags: ["a/", "/b"], active_conditions: [true, true] }),
    row("2", { operation: "insert", tags: ["a/b"], active_conditions: [true, true] }),
    row("3", { operation: "insert", tags: ["a/", "/c"], active_conditions: [true, false] }),
    row("4", { operation: "insert" }),
  ], ["1", "2", "3", "4"]],
  // One of two reasons, one of two conditions.
  [[event("move-out", [1, "b"])], ["1", "3", "4"]],
  [[event("move-in", [1, "c"])], ["1", "3", "4"]],
  [[event("move-out", [0, "a"])], ["3", "4"]],
  // Updated into another organisation, whose loss takes it, and not the former's.
  [[row("3", {
    operation: "update",
    tags: ["d/"],
    removed_tags: ["a/"],
    active_conditions: [true, false],
  })], ["3", "4"]],
  [[event("move-out", [0, "a"])], ["3", "4"]],
  [[event("move-out", [0, "d"], [1, "nobody"])], ["4"]],
  // Back in the same batch as it left, and gone and back again.
  [[
    row("3", { operation: "insert", tags: ["d/"], active_conditions: [true, false] }),
    event("move-out", [0, "d"]),
    row("3", { operation: "insert", tags: ["d/"], active_conditions: [true, false] }),
  ], ["3", "4"]],
];
/** Without conditions, which older Electrics don't write. */
const BY_TAGS_ALONE: readonly [messages: LogMessage[], ids: string[]][] = [
  [[
    row("4", { operation: "insert", tags: ["w"] }),
    row("5", { operation: "insert", tags: ["y"] }),
    row("6", { operation: "insert", tags: ["x"] }),
    row("7", { operation: "insert", tags: ["x"] }),
    row("7", { operation: "update", tags: ["z"], removed_tags: ["x"] }),
  ], ["4", "5", "6", "7"]],
  [[event("move-out", [0, "x"])], ["4", "5", "7"]],
  [[row("4", { operation: "delete" }), event("move-out", [0, "y"], [0, "w"])], ["7"]],
];

for (const [name, follow] of Object.entries(FOLLOWERS)) {
  Deno.test(`${name} loses the rows that move out`, {
    // The official client leaves a timer or two behind when it is told to stop.
    sanitizeOps: false,
    sanitizeResources: false,
  }, async (t) => {
    for (const steps of [IN_ONE_SUBQUERY, BY_TWO_REASONS, NOT_IN]) {
      const [first] = Object.keys(steps);
      await t.step(
        `as recorded from ${first}`,
        () => replay(follow, Object.entries(steps).map(([id, ids]) => [bodies.get(id) ?? [], ids])),
      );
    }
    await t.step("as written by hand", () => replay(follow, BY_HAND));
    await t.step("by tags alone", () => replay(follow, BY_TAGS_ALONE));
    await t.step("and forgets all at a must-refetch", () => refetch(follow));
  });
}

Deno.test("what is cut off before it is up to date is followed when it comes again", {
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await using server = new LogServer();
  server.add([row("1", { operation: "insert", tags: ["x"] })]);
  const follow = FOLLOWERS["Shape with Server-Sent Events"] ?? fail();
  const watched = follow(gatekeeperShape({ gatekeeper: server.url, table: "docs" }));
  await until(watched.isReady);
  server.cutsOffOnce = true;
  server.add([event("move-out", [0, "x"])]);
  await see(watched, []);
  assert.equal(server.cutsOffOnce, false);
  await watched.stop();
});

Deno.test("after a must-refetch, nothing is said of the rows from before", {
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await using server = new LogServer();
  server.add([row("1", { operation: "insert", tags: ["x"] })]);
  const over = new AbortController();
  const shape = gatekeeperShape({ gatekeeper: server.url, table: "docs", signal: over.signal });
  const seen: string[] = [];
  new ShapeStream(shape).subscribe((messages) => {
    for (const message of messages.filter(isChangeMessage)) {
      seen.push(`${message.headers.operation} ${message.value.id}`);
    }
  });
  await until(() => seen.length === 1);
  server.rotate([row("2", { operation: "insert", tags: ["x"] })]);
  await until(() => seen.length === 2);
  server.add([event("move-out", [0, "x"])]);
  await until(() => seen.length === 3);
  assert.deepEqual(seen, ["insert 1", "insert 2", "delete 2"]);
  over.abort();
});

Deno.test("streams of the same options know their own rows", {
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await using server = new LogServer();
  server.add([row("1", { operation: "insert", tags: ["x"] })]);
  const shape = gatekeeperShape({ gatekeeper: server.url, table: "docs" });
  const both = [FOLLOWERS["Shape"] ?? fail(), FOLLOWERS["useShape"] ?? fail()].map((follow) =>
    follow(shape)
  );
  for (const watched of both) await until(watched.isReady);
  server.add([event("move-out", [0, "x"])]);
  for (const watched of both) await see(watched, []);
  for (const watched of both) await watched.stop();
});

function fail(): never {
  throw new Error("There is no such follower.");
}

/** After a new handle, what was known of the old one's rows takes nothing away. */
async function refetch(follow: Follow): Promise<void> {
  await using server = new LogServer();
  server.add([row("1", { operation: "insert", tags: ["x"] })]);
  const watched = follow(gatekeeperShape({ gatekeeper: server.url, table: "docs" }));
  try {
    await until(watched.isReady);
    await see(watched, ["1"]);
    server.rotate([
      row("1", { operation: "insert", tags: ["y"] }),
      row("2", { operation: "insert", tags: ["x"] }),
    ]);
    await see(watched, ["1", "2"]);
    server.add([event("move-out", [0, "x"])]);
    await see(watched, ["1"]);
  } finally {
    await watched.stop();
  }
}

async function replay(
  follow: Follow,
  steps: readonly (readonly [messages: LogMessage[], ids: string[]])[],
): Promise<void> {
  await using server = new LogServer();
  const [first, ...others] = steps;
  server.add(first?.[0] ?? []);
  const watched = follow(gatekeeperShape({ gatekeeper: server.url, table: "docs" }));
  try {
    await until(watched.isReady);
    await see(watched, first?.[1] ?? []);
    for (const [messages, ids] of others) {
      server.add(messages);
      await see(watched, ids);
    }
    assert.equal(watched.hasFailed(), false);
  } finally {
    await watched.stop();
  }
}

/** Waits until these rows are there, and then whether they stay. */
async function see(watched: Watched, ids: readonly string[]): Promise<void> {
  const end = Date.now() + 5000;
  while (watched.ids().join() !== ids.join() && Date.now() < end) await pause();
  await pause();
  assert.deepEqual(watched.ids(), ids);
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 30));
}
