import assert from "node:assert/strict";
import { ShapeStream } from "@electric-sql/client";
import {
  type GatekeeperError,
  type GatekeeperShape,
  gatekeeperShape,
  signOut,
} from "../../client/index.ts";
import { Servers, until } from "./servers.ts";

/** The official client leaves a timer or two behind. */
const relaxed = { sanitizeOps: false, sanitizeResources: false };

function startAll(shapes: readonly GatekeeperShape[]): ShapeStream[] {
  const streams = shapes.map((shape) => new ShapeStream(shape));
  for (const stream of streams) stream.subscribe(() => {});
  return streams;
}

const tables = (count: number) => Array.from({ length: count }, (_, i) => `table_${i}`);

Deno.test(
  "30 shapes of one page are asked for at once, whoever says who asks",
  relaxed,
  async (t) => {
    const session = { access_token: "alice" };
    let lock = Promise.resolve();
    const kinds = {
      nobody: {},
      "a token": { authorization: "alice" },
      "a function": { authorization: () => Promise.resolve("alice") },
      "a Supabase client": {
        authorization: {
          auth: {
            // One after another, as supabase-js has it.
            getSession: () => {
              const answer = lock.then(() => ({ data: { session } }));
              lock = answer.then(() => {});
              return answer;
            },
          },
        },
      },
    };
    for (const [kind, credentials] of Object.entries(kinds)) {
      await t.step(kind, async () => {
        await using servers = new Servers();
        servers.shapeOf = ({ table }) => ({ table });
        const streams = startAll(
          tables(30).map((table) =>
            gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, table, ...credentials })
          ),
        );
        await until(() => streams.every((stream) => stream.isUpToDate));
        assert.equal(servers.asked.length, 1);
        assert.deepEqual(servers.asked[0], {
          path: "/gatekeeper",
          body: tables(30).map((table) => ({ table })),
        });
        assert.deepEqual(servers.mixedUp, []);
        signOut();
      });
    }
  },
);

Deno.test("more than the gatekeeper takes go in several requests", relaxed, async () => {
  await using servers = new Servers();
  servers.shapeOf = ({ table }) => ({ table });
  const streams = startAll(
    tables(120).map((table) => gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, table })),
  );
  await until(() => streams.every((stream) => stream.isUpToDate));
  const counts = servers.asked.map(({ body }) => Array.isArray(body) ? body.length : 1);
  assert.deepEqual(counts, [50, 50, 20]);
  signOut();
});

Deno.test("one question has a path of its own, of a table or of a shape", relaxed, async () => {
  await using servers = new Servers();
  servers.shapeOf = ({ table = "of_shape" }) => ({ table });
  const base = { gatekeeper: `${servers.gatekeeperUrl}/` };
  const of = [
    gatekeeperShape({ ...base, table: '"Order Lines"', where: "id = $1", params: ["1"] }),
    gatekeeperShape({ ...base, shape: "projectIssues", args: { project: "a" } }),
    gatekeeperShape({ ...base, shape: "mine" }),
  ];
  for (const shape of of) {
    const [stream] = startAll([shape]);
    await until(() => stream?.isUpToDate === true);
  }
  assert.deepEqual(servers.asked, [
    { path: "/gatekeeper/%22Order%20Lines%22", body: { where: "id = $1", params: ["1"] } },
    { path: "/gatekeeper/shapes/projectIssues", body: { project: "a" } },
    { path: "/gatekeeper/shapes/mine", body: {} },
  ]);
  signOut();
});

Deno.test(
  "named shapes and tables go together, and a refusal ends its own stream alone",
  relaxed,
  async () => {
    await using servers = new Servers();
    servers.shapeOf = ({ table = "of_shape" }) => ({ table });
    servers.refused.add("secrets").add("theirs");
    const told: GatekeeperError[] = [];
    const base = {
      gatekeeper: servers.gatekeeperUrl,
      onError: (e: GatekeeperError) => told.push(e),
    };
    const streams = startAll([
      gatekeeperShape({ ...base, table: "todos" }),
      gatekeeperShape({ ...base, table: "secrets" }),
      gatekeeperShape({ ...base, shape: "theirs" }),
      gatekeeperShape({ ...base, shape: "mine", args: { open: true } }),
    ]);
    await until(() => streams[0]?.isUpToDate === true && streams[3]?.isUpToDate === true);
    await until(() => told.length === 2);
    assert.deepEqual(servers.asked.map(({ body }) => body), [[
      { table: "todos" },
      { table: "secrets" },
      { shape: "theirs" },
      { shape: "mine", args: { open: true } },
    ]]);
    assert.deepEqual(told.map(({ code, shape }) => [code, shape]).sort(), [
      ["refused", "secrets"],
      ["refused", "theirs"],
    ]);
    assert.deepEqual(servers.mixedUp, []);
    signOut();
  },
);

Deno.test("questions of two users never go together", relaxed, async () => {
  await using servers = new Servers();
  servers.shapeOf = ({ table }, credentials) => ({ table, where: credentials });
  const streams = startAll(
    ["alice", "bob"].flatMap((authorization) =>
      ["a", "b"].map((table) =>
        gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, table, authorization })
      )
    ),
  );
  await until(() => streams.every((stream) => stream.isUpToDate));
  assert.deepEqual(servers.credentials, ["Bearer alice", "Bearer bob"]);
  assert.deepEqual(servers.mixedUp, []);
  signOut();
});
