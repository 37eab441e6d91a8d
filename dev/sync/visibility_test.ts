import assert from "node:assert/strict";
import { isVisible, parseSnapshot } from "./visibility.ts";

Deno.test("a snapshot sees what had ended", () => {
  const snapshot = parseSnapshot("100:105:101,103");
  assert.deepEqual(
    [99, 100, 101, 102, 103, 104, 105, 106].filter((xid) => isVisible(xid, snapshot)),
    [
      99,
      100,
      102,
      104,
    ],
  );
  assert.throws(() => parseSnapshot("nonsense"));
});

Deno.test("ids wrap around, snapshots count on", () => {
  const epoch = 1n << 32n;
  const snapshot = parseSnapshot(`${epoch - 1n}:${epoch + 5n}:${epoch + 3n}`);
  assert.equal(isVisible(0xfffffffe, snapshot), true);
  assert.equal(isVisible(2, snapshot), true);
  assert.equal(isVisible(3, snapshot), false);
  assert.equal(isVisible(5, snapshot), false);
});
