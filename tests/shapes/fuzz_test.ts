import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { decodeJwt } from "jose";
import { ALICE, BOB, given, OTHER, PROJECT, startShapesStack } from "./stack.ts";

/** In all; `FUZZ_SHAPES` and `FUZZ_SEED` say otherwise. */
const RUNS = Number(Deno.env.get("FUZZ_SHAPES") ?? 2000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? Date.now() % 2 ** 31);

const NAMES = ["projectIssues", "valibotIssues", "arktypeIssues"];

const nasty = fc.constantFrom(
  "project",
  "open",
  "where",
  "columns",
  "params",
  "table",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "length",
  "~standard",
  "",
);
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(PROJECT, OTHER, PROJECT.toUpperCase(), ALICE) },
  fc.constantFrom("' or true --", "$1", `${PROJECT}' or '1'='1`, `{${PROJECT}}`, "true) or (true"),
  fc.boolean(),
  fc.string({ unit: "binary" }),
  fc.json().map((text) => JSON.parse(text)),
  fc.array(fc.constantFrom(PROJECT, OTHER), { maxLength: 5 }),
);
const entries = fc.array(fc.tuple(fc.oneof(nasty, fc.string()), value), { maxLength: 5 });

/** JSON with whatever names, also twice, in whatever order. */
const written = entries.map((pairs) =>
  `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`
);
const likely = fc.tuple(
  fc.constantFrom(PROJECT, PROJECT, OTHER),
  fc.oneof(fc.boolean(), value),
  fc.oneof(fc.constant([]), entries),
).map(
  ([project, open, more]) =>
    `{${
      [["project", project], ["open", open], ...more]
        .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()
    }}`,
);
const text = fc.oneof(
  written,
  { weight: 5, arbitrary: likely },
  fc.string({ unit: "binary" }),
  fc.tuple(likely, fc.nat(80)).map(([text, at]) => text.slice(0, at)),
  fc.integer({ min: 1, max: 5000 }).map((n) => `${"[".repeat(n)}${"]".repeat(n)}`),
);

Deno.test(`${RUNS} fuzzed bodies of arguments get no token for what get didn't return (FUZZ_SEED=${SEED})`, async () => {
  await using stack = await startShapesStack();
  let granted = 0;
  const body = fc.record({
    text,
    name: fc.constantFrom(...NAMES),
    as: fc.constantFrom(ALICE, ALICE, BOB, undefined),
    way: fc.constantFrom("json", "form", "batch"),
  });
  await fc.assert(
    fc.asyncProperty(body, async ({ text, name, as, way }) => {
      given.length = 0;
      const response = await stack.ask({
        path: way === "batch" ? "/gatekeeper" : `/gatekeeper/shapes/${name}`,
        text: way === "batch" ? `[{"shape":"${name}","args":${text}}]` : text,
        type: way === "form" ? "application/x-www-form-urlencoded" : "application/json",
        ...(as !== undefined && { as }),
      });
      const told = await response.text();
      const [answer] = [JSON.parse(told)].flat();
      const status = way === "batch" && response.status === 200 ? answer.status : response.status;
      if (status !== 200) {
        ok(status >= 400 && status < 500, `${status} ${told}`);
        ok(!told.includes("eyJ"));
        return;
      }
      granted++;
      equal(as, ALICE);
      const { shape } = decodeJwt(answer.headers.Authorization.slice(7));
      const { params } = answer.params;
      // Exactly what `get` returned, once, and its values nowhere but in the parameters.
      deepEqual(given, [`${params[1]} ${params[2]}`]);
      equal(params[1].toLowerCase(), PROJECT);
      deepEqual(shape, {
        namespace: null,
        table: "issues",
        where: "project_id = $1 and open = $2",
        columns: ["id", "title"],
        params,
        replica: null,
      });
    }),
    { numRuns: RUNS, seed: SEED },
  );
  ok(granted > RUNS / 100, `only ${granted} were granted`);
});
