import { equal } from "node:assert/strict";
import { startEdge } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { now, signToken } from "../support/token.ts";

const NARROW = { table: "items", columns: ["id"] };
const SUBSET = "&subset__where=n%20%3D%203";

/** Statuses of a plain request, a subset by GET and one by POST, and how many reached Electric. */
async function statuses(
  version: string | undefined,
  shape: Record<string, unknown>,
  query: string,
) {
  await using tap = new Tap();
  await using edge = await startEdge({
    ELECTRIC_URL: tap.url,
    ...(version !== undefined && { ELECTRIC_VERSION: version }),
  });
  const token = await signToken({ shape, exp: now() + 60 });
  const ask = async (tail: string, body?: string) => {
    const response = await fetch(`${edge.url}/v1/shape?${query}&offset=-1${tail}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    });
    await response.body?.cancel();
    return response.status;
  };
  const found = [await ask(""), await ask(SUBSET), await ask("", '{"where":"n = 3"}')];
  return [...found, tap.requests.length].join(" ");
}

Deno.test("an Electric that ignores queryable_columns gets no subset of narrowed columns", async () => {
  const narrow = "table=items&columns=id";
  equal(await statuses("1.6.9", NARROW, narrow), "200 403 403 1");
  equal(await statuses("1.06.9", NARROW, narrow), "200 403 403 1");
  equal(await statuses("1.6.9", { table: "items" }, "table=items"), "200 200 200 3");
  equal(await statuses("1.6.10", NARROW, narrow), "200 200 200 3");
  equal(await statuses("1.10.0", NARROW, narrow), "200 200 200 3");
  equal(await statuses("2.0.0", NARROW, narrow), "200 200 200 3");
  equal(await statuses(undefined, NARROW, narrow), "200 200 200 3");
});
