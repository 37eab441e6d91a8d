import assert from "node:assert/strict";
import { Shape, ShapeStream } from "@electric-sql/client";
import { gatekeeperShape } from "../../client/index.ts";
import { until } from "./servers.ts";

/** The official client leaves a timer or two behind. */
const relaxed = { sanitizeOps: false, sanitizeResources: false };

const ROWS = 200;
const HEADERS = {
  "electric-handle": "handle",
  "electric-schema": '{"id":{"type":"int4","pk_index":0}}',
  "electric-cursor": "1",
  "electric-up-to-date": "",
};

const insert = (id: number, tag: string) => ({
  key: `"docs"/"${id}"`,
  value: { id: String(id) },
  headers: { operation: "insert", tags: [tag] },
});
const moveOut = (value: string) => ({
  headers: { event: "move-out", patterns: [{ pos: 0, value }] },
});
const upToDate = (lsn: number) => ({
  headers: { control: "up-to-date", global_last_seen_lsn: String(lsn) },
});

/** Rows of two organisations, of which the user loses `a` at 5 and `b` at 6. */
const LOG = new Map<number, readonly unknown[]>([
  [0, [
    ...Array.from({ length: ROWS }, (_, id) => insert(id, id % 2 === 0 ? "a" : "b")),
    upToDate(0),
  ]],
  [5, [moveOut("a"), upToDate(5)]],
  [6, [moveOut("b"), upToDate(6)]],
]);

/** What happens to the connection in the midst of a batch, so many microtasks after it was sent. */
interface Cut {
  readonly by: "the server" | "the client";
  readonly batch: number;
  readonly after: number;
}

/** Follows the log with Server-Sent Events, cut off once; gives the rows that are left. */
async function rowsAfter({ by, batch, after }: Cut): Promise<number> {
  const encoder = new TextEncoder();
  let isCut = false;
  let seen = 0;

  /** Sends what comes after an offset, and is cut off once. */
  const events = (from: number, signal: AbortSignal) =>
    new ReadableStream({
      async start(controller) {
        const fail = (error: unknown) => {
          try {
            controller.error(error);
          } catch {
            // It has ended already.
          }
        };
        signal.addEventListener("abort", () => fail(signal.reason));
        for (const [lsn, messages] of LOG) {
          if (lsn <= from) continue;
          await new Promise((done) => setTimeout(done, 20));
          if (signal.aborted) return;
          const text = messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join("");
          controller.enqueue(encoder.encode(text));
          if (lsn === 6) seen++;
          if (lsn !== batch || isCut) continue;
          isCut = true;
          for (let i = 0; i < after; i++) await Promise.resolve();
          if (by === "the server") return fail(new TypeError("connection reset"));
          return void stream.forceDisconnectAndRefresh().catch(() => {});
        }
      },
    });

  const over = new AbortController();
  const fetchClient: typeof fetch = async (input, init) => {
    const { pathname, searchParams: query } = new URL(String(input));
    if (pathname.startsWith("/gatekeeper")) {
      return Response.json({
        url: "http://proxy.example/v1/shape",
        headers: { Authorization: "Bearer token" },
        params: { table: "docs" },
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      });
    }
    const from = query.get("offset") === "-1" ? -1 : parseInt(query.get("offset") ?? "");
    const signal = init?.signal ?? over.signal;
    if (query.has("live_sse")) {
      const headers = { ...HEADERS, "electric-offset": `${from}_0` };
      return new Response(events(from, signal), {
        headers: { ...headers, "content-type": "text/event-stream" },
      });
    }
    const newest = from < 0 ? 0 : 6;
    if (newest === from) {
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    }
    const messages = [...LOG].filter(([lsn]) => lsn > from && lsn <= newest);
    if (newest === 6) seen++;
    return Response.json(messages.flatMap(([, batch]) => batch), {
      headers: { ...HEADERS, "electric-offset": `${newest}_0` },
    });
  };

  const shape = gatekeeperShape({
    gatekeeper: "http://gatekeeper.example",
    table: "docs",
    fetchClient,
    signal: over.signal,
  });
  const stream = new ShapeStream<{ id: number }>({ ...shape, liveSse: true });
  // @ts-expect-error: the client's own types don't agree under exactOptionalPropertyTypes.
  const rows = new Shape<{ id: number }>(stream);
  rows.subscribe(() => {});
  try {
    await until(() => isCut && seen > 0 && stream.lastOffset === "6_0");
    await new Promise((done) => setTimeout(done, 20));
    return rows.currentRows.length;
  } finally {
    over.abort();
  }
}

for (const by of ["the server", "the client"] as const) {
  for (const batch of [5, 6]) {
    Deno.test(`rows that are lost leave when ${by} cuts batch ${batch} off`, relaxed, async () => {
      const left = await Promise.all(
        [1, 3, 8, 16, 30, 60, 120, 300].map(async (after) => {
          return [after, await rowsAfter({ by, batch, after })] as const;
        }),
      );
      assert.deepEqual(left.filter(([, rows]) => rows > 0), [], "microtasks, and rows left");
    });
  }
}
