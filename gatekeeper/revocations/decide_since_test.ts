import { deepEqual, equal, fail, ok, rejects } from "node:assert/strict";
import { Refusal } from "../../shared/refusal.ts";
import { digestOf, type RevocationList } from "../../shared/revocations.ts";
import { readShape } from "../../shared/shape.ts";
import { decideManySince, decideSince } from "./decide_since.ts";

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

Deno.test("tokens that are revoked again and again are no reason to decide for ever", async () => {
  let times = 0;
  const decide = () => times++ > 8 ? Promise.reject(new Error("for ever")) : Promise.resolve(shape);
  const latest = () => listUntil(seconds());
  const began = performance.now();
  const refused = decideSince({ latest, now: seconds }, user, decide);
  await rejects(refused, (error) => {
    const { status, reason, headers } = error instanceof Refusal ? error : fail();
    deepEqual([status, reason, headers["retry-after"]], [503, "just_revoked", "5"]);
    return true;
  });
  ok(performance.now() - began < 8000);
  ok(times > 1 && times <= 6, `${times}`);
});

Deno.test("of many, those are decided again that were revoked", async () => {
  const other = readShape({ table: "todos" });
  const no = new Refusal(403, "forbidden", "no");
  const until = seconds();
  const list = {
    ...await listUntil(until),
    subjects: new Map(),
    tables: new Map([["items", until]]),
  };
  const tables = [...list.tables.keys()];
  equal(tables[0], shape.table.split(".").at(-1));
  const rounds: string[][] = [];
  const outcomes = await decideManySince(
    { latest: () => Promise.resolve(list), now: seconds },
    user,
    ["items", "todos", "no"],
    (some) => {
      rounds.push([...some]);
      const of = (one: string) => one === "no" ? no : one === "items" ? shape : other;
      return Promise.resolve(some.map((one) => [one, of(one)] as const));
    },
  );
  deepEqual(rounds, [["items", "todos", "no"], ["items"]]);
  deepEqual(outcomes.map(([one]) => one), ["items", "todos", "no"]);
  const [items, todos, third] = outcomes.map(([, outcome]) => outcome);
  equal(third, no);
  ok(items !== undefined && !(items instanceof Refusal) && items.now > until);
  ok(todos !== undefined && !(todos instanceof Refusal) && todos.notBefore === -Infinity);
});
