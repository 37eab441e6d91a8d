import assert from "node:assert/strict";
import { nextCursor } from "./cursor.ts";

Deno.test("all clients get the end of the same 20 s", () => {
  // As recorded: this moment had cursor 67031200.
  const now = Date.parse("2026-11-23T19:46:21Z");
  assert.equal(nextCursor(undefined, now), "67031200");
  assert.equal(nextCursor("", now + 15_000), "67031200");
  assert.equal(nextCursor("67031180", now), "67031200");
});

Deno.test("a client never gets the cursor it sent", () => {
  const now = Date.parse("2026-11-23T19:46:21Z");
  for (const previous of [67_031_200, 67_040_000]) {
    const next = Number(nextCursor(`${previous}`, now));
    assert.ok(next > previous && next <= previous + 3600);
  }
});
