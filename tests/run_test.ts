import { deepEqual, equal } from "node:assert/strict";
import { namesFiles, Skipped } from "./run.ts";

Deno.test("skipped tests and why are kept for the end", () => {
  const skipped = new Skipped();
  const lines = [
    "tests/cdn is skipped: nginx isn't installed",
    "running 2 tests from ./tests/cdn/cache_test.ts",
    "\x1b[1mshared\x1b[0m ... \x1b[33mignored\x1b[0m (0ms)",
    "kept ... ok (2ms)",
    "  through Caddy ... ignored (1ms)",
  ];
  lines.forEach((line) => skipped.read(line));
  deepEqual(skipped.summary(), [
    "Skipped 2:",
    "  ./tests/cdn/cache_test.ts: shared",
    "  ./tests/cdn/cache_test.ts: through Caddy",
    "Why:",
    "  tests/cdn is skipped: nginx isn't installed",
  ]);
  deepEqual(new Skipped().summary(), []);
});

Deno.test("without a file among its arguments, all tests run", () => {
  equal(namesFiles(["--fail-fast"]), false);
  equal(namesFiles(["--fail-fast", "shared"]), true);
  equal(namesFiles(["--", "x"]), false);
});
