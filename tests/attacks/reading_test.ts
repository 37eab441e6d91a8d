import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { Refusal } from "../../shared/refusal.ts";
import { readShape, type Shape, splitQuery } from "../../shared/shape.ts";
import { createUpstreamUrl } from "../../edge/upstream.ts";
import { toClaim } from "../../gatekeeper/tokens/sign.ts";
import { NotServed } from "./electric_identifier.ts";
import { readAsElectric, type Served } from "./electric_reader.ts";
import { TEST_ALL } from "../support/test_all.ts";

const SEED = Number(Deno.env.get("FUZZ_SEED") ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? (TEST_ALL ? 1_000_000 : 100_000));

/** From the same few pieces, so that queries that look alike are often compared. */
const nasty = fc.constantFrom(
  ...('a A b items Items secrets é É İ ǅ \u0301 \u0600 \u200d . , " "" "a" "A" "a.b" "a,b" ' +
    '"a""b" "\u0301a" "a\u0600" public public. "public". Public. _ $ 1 a1 % %25 %22 & = [ ] ' +
    '+ # ; \' a\u0301 "a b"').split(" "),
  " ",
  "x".repeat(63),
  "🙂",
);
const plain = fc.constantFrom(...'a A b items Items secrets "A" "a.b" é "a""b"'.split(" "));
const word = fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: nasty });
const text = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(""));
const written = text.map((
  value,
) => [encodeURIComponent(value), encodeURI(value).replace(/[&#]/g, "")]);
const pair = fc.record({
  name: fc.constantFrom(
    "where",
    "columns",
    "params[1]",
    "params[2]",
    "replica",
    "junk",
    "params%5B1%5D",
    "queryable_columns",
  ),
  value: fc.oneof(
    written.map(([encoded]) => encoded),
    written.map(([, bare]) => bare),
    fc.constantFrom("full", "default", "true", "TRUE", "id,value", "value,id", '"id","value"', "x"),
  ),
}).map(({ name, value }) => `${name}=${value}`);
const queries = fc.record({
  table: written,
  pairs: fc.array(pair, { maxLength: 3 }),
  at: fc.nat(3),
})
  .map(({ table, pairs, at }) => pairs.toSpliced(at, 0, `table=${table[0]}`).join("&"));

const config = {
  electricUrl: "http://electric",
  electricQuery: [],
  hidesColumns: true,
  unopened: false,
  timeout: 1000,
  keys: { algorithms: [], finders: [], generation: () => 0 },
  token: { clockTolerance: 5 },
};

/** What both readers make of a query; `null` where ours refuses it. */
function readBoth(query: string): { shape: Shape; written: Served; asked: Served | null } | null {
  let shape;
  try {
    shape = readShape(splitQuery(query).fields);
  } catch (error) {
    if (error instanceof Refusal && error.status === 400) return null;
    throw error;
  }
  const target = createUpstreamUrl(config, shape)("GET", query).slice(config.electricUrl.length);
  const written = readAsElectric({ method: "GET", target, body: "" });
  try {
    const asked = readAsElectric({ method: "GET", target: `/v1/shape?${query}`, body: "" });
    return { shape, written, asked };
  } catch (error) {
    if (!(error instanceof NotServed)) throw error;
    return { shape, written, asked: null };
  }
}

Deno.test("what shape.ts reads and writes is what Electric reads, and equality is Electric's", () => {
  const seen = new Map<string, string>();
  let read = 0;
  fc.assert(
    fc.property(queries, (query) => {
      const both = readBoth(query);
      if (both === null) return;
      read++;
      const { shape, written, asked } = both;
      // Our own rule, which a client has no say in; older clients may send it.
      deepEqual(written.queryable, written.columns);
      const mirrored = readShape(splitQuery(shape.canonical).fields);
      equal(mirrored.canonical, shape.canonical);
      deepEqual(readShape(toClaim(shape)).canonical, shape.canonical);
      if (asked !== null) deepEqual({ ...asked, queryable: null }, { ...written, queryable: null });
      const served = JSON.stringify(written);
      equal(seen.get(shape.canonical) ?? served, served);
      if (seen.size < 200_000) seen.set(shape.canonical, served);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  ok(read > RUNS / 10, `${read} of ${RUNS} were read`);
  ok(new Set(seen.values()).size === seen.size, "two canonical texts for one shape of Electric's");
  console.log(`FUZZ_SEED=${SEED}: ${RUNS} queries, ${read} read, ${seen.size} shapes`);
});
