import { deepEqual, equal, rejects } from "node:assert/strict";
import { Refusal } from "../../shared/refusal.ts";
import { digestOf, type RevocationList } from "../../shared/revocations.ts";
import { readShape } from "../../shared/shape.ts";
import { decideSince } from "./decide_since.ts";

const user = { id: "u1", role: "authenticated", claims: {} };
const shape = readShape({ table: "items" });

async function listUntil(until: number): Promise<RevocationList> {
  const subjects = new Map([[await digestOf("u1"), until]]);
  return { issuedAt: until, everyone: -Infinity, subjects, tables: new Map() };
}

const seconds = () => Math.floor(Date.now() / 1000);

Deno.test("a decision that a revocation may have followed is made again, after it", async () => {
  const list = await listUntil(seconds());
  const revocations = { latest: () => Promise.resolve(list), now: seconds };
  const decidedAt: number[] = [];
  const decide = () => {
    decidedAt.push(seconds());
    return Promise.resolve(shape);
  };
  const { now, notBefore } = await decideSince(revocations, user, decide);
  const until = [...list.subjects.values()][0] ?? NaN;
  equal(decidedAt.length, 2);
  equal(notBefore, until + 1);
  equal(now > until && (decidedAt[1] ?? 0) > until, true);
});

Deno.test("others, and what wasn't revoked, are decided once", async () => {
  const list = await listUntil(seconds());
  for (const who of [null, { ...user, id: "u2" }]) {
    let times = 0;
    const decide = () => Promise.resolve((times++, shape));
    const revocations = { latest: () => Promise.resolve(list), now: seconds };
    const { notBefore } = await decideSince(revocations, who, decide);
    deepEqual([times, notBefore], [1, -Infinity]);
  }
});

Deno.test("clocks that differ by much are no reason to wait for long", async () => {
  const list = await listUntil(seconds() + 60);
  const revocations = { latest: () => Promise.resolve(list), now: seconds };
  await rejects(decideSince(revocations, user, () => Promise.resolve(shape)), Refusal);
});
