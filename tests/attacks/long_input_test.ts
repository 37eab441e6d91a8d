import { equal, match, ok } from "node:assert/strict";
import { createUpstreamUrl } from "../../edge/upstream.ts";
import { readProxyConfig } from "../../edge/config.ts";
import { readSubsetBody } from "../../edge/subset.ts";
import { readShapeRequest } from "../../gatekeeper/http/request.ts";
import { checkElectricReads } from "../../gatekeeper/policies/electric_grammar.ts";
import { secretKeys } from "../../shared/keys.ts";
import { Refusal } from "../../shared/refusal.ts";
import { readShape } from "../../shared/shape.ts";
import { AUTH_SECRET } from "../support/servers.ts";

/** Milliseconds for which no request may hold a server up: many times what an honest one takes. */
const BOUND = 1000;

const post = (body: string) =>
  new Request("http://server/", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });

/** How long it takes, and what it gives or throws. */
async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T | Error }> {
  const began = performance.now();
  const result = await work().catch((error: Error) => error);
  return { ms: performance.now() - began, result };
}

Deno.test("a subset's order of a megabyte is refused, and quickly", async () => {
  const shape = readShape({ table: "items" });
  for (const name of ["é", "a"]) {
    const order_by = Array(300_000).fill(name).join();
    const { ms, result } = await timed(() =>
      readSubsetBody(post(JSON.stringify({ order_by })), shape)
    );
    ok(result instanceof Refusal && result.status === 400, `${result}`);
    ok(ms < BOUND, `${ms} ms`);
  }
});

/** Bodies that ask for so many columns, or have so many values. */
function bodiesOf(count: number): readonly object[] {
  const columns = Array.from({ length: count }, (_, i) => `é${i}`);
  const params = columns.map(() => "");
  return [{ columns }, { params }, {
    params: Object.fromEntries(params.map((value, i) => [i + 1, value])),
  }];
}

Deno.test("a shape of eighty thousand columns or values is refused, and quickly", async () => {
  for (const body of bodiesOf(80_000)) {
    const { ms, result } = await timed(() => readShapeRequest(post(JSON.stringify(body)), "t", ""));
    ok(result instanceof Refusal && result.status === 413, `${result}`);
    ok(ms < BOUND, `${ms} ms`);
  }
});

Deno.test("a shape of more columns or values than Postgres has is refused, and quickly", async () => {
  for (const body of bodiesOf(5000)) {
    const { ms, result } = await timed(() => readShapeRequest(post(JSON.stringify(body)), "t", ""));
    ok(result instanceof Refusal && result.status === 400, `${result}`);
    match(result.message, /more than 1664/);
    ok(ms < BOUND, `${ms} ms`);
  }
});

Deno.test("a deep clause is read quickly, or refused", async () => {
  // The parser's own file is loaded first.
  await checkElectricReads("true");
  for (const where of ["id" + "-1".repeat(2000) + "=1", "id" + "-1".repeat(4090) + "=1"]) {
    const { ms } = await timed(() => checkElectricReads(where));
    ok(ms < BOUND, `${ms} ms for ${where.length} characters`);
  }
  const { result } = await timed(() => checkElectricReads("not ".repeat(2000) + "true"));
  equal(result instanceof Error && "code" in result && result.code, "SQL_REFUSED");
});

Deno.test("junk in a query isn't remembered with its token", () => {
  const config = readProxyConfig(
    (name) => name === "ELECTRIC_URL" ? "http://electric" : undefined,
    secretKeys([AUTH_SECRET]),
  );
  let reads = 0;
  const shape = readShape({ table: "items" });
  const counted = new Proxy(shape, {
    get(target, name) {
      if (name === "canonical") reads++;
      return Reflect.get(target, name);
    },
  });
  const upstreamUrl = createUpstreamUrl(config, counted);
  const readsOf = (query: string) => {
    upstreamUrl("GET", query);
    const before = reads;
    upstreamUrl("GET", query);
    return reads - before;
  };
  equal(readsOf("table=items&offset=-1"), 0, "the same again is only looked up");
  equal(readsOf(`table=items&offset=-1${"&junk=xxxxxxxx".repeat(500)}`), 1);
});
