import assert from "node:assert/strict";
import { BEFORE_ALL, BEFORE_CHANGES, compareOffsets, formatOffset, parseOffset } from "./offset.ts";

Deno.test("offsets are read and written alike", () => {
  for (const text of ["-1", "0_0", "0_inf", "27137032_4", "18446744073709551615_0"]) {
    const offset = parseOffset(text);
    assert.ok(offset !== undefined && offset !== "now");
    assert.equal(formatOffset(offset), text);
  }
  assert.equal(parseOffset("now"), "now");
  for (const text of ["", "x", "1", "1_", "_1", "1_x", "-1_0x", "1_2_3", "-5_0"]) {
    assert.equal(parseOffset(text), undefined, text);
  }
});

Deno.test("offsets are ordered: start, snapshot, transactions", () => {
  const order = [BEFORE_ALL, { lsn: 0n, op: 0 }, BEFORE_CHANGES, { lsn: 9n, op: 1 }, {
    lsn: 10n,
    op: 0,
  }];
  const shuffled = [...order].reverse().sort(compareOffsets);
  assert.deepEqual(shuffled, order);
  assert.equal(compareOffsets(BEFORE_CHANGES, { lsn: 0n, op: Infinity }), 0);
});
