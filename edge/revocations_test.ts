import { deepEqual, equal, match, throws } from "node:assert/strict";
import { Refusal } from "../shared/refusal.ts";
import type { RevocationList } from "../shared/revocations.ts";
import { followRevocations } from "./revocations.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const listAt = (issuedAt: number, everyone = -Infinity): RevocationList => ({
  issuedAt,
  everyone,
  subjects: new Map(),
  tables: new Map(),
});

/** Follows what the test says, and counts. */
function follow(options: Partial<Parameters<typeof followRevocations>[0]> = {}) {
  const now = Date.now() / 1000;
  const state = {
    now,
    next: (): Promise<RevocationList> => Promise.resolve(listAt(now)),
    loads: 0,
    lines: [] as string[],
  };
  const revocations = followRevocations({
    load: () => {
      state.loads++;
      return state.next();
    },
    interval: 300,
    maxAge: 60_000,
    required: true,
    isolated: false,
    log: (line) => void state.lines.push(line),
    ...options,
  });
  return { state, revocations };
}

const token = (issuedAt: number) => ({ issuedAt, subject: "", table: "items" });

Deno.test("it loads once for all who ask at once, and again when the interval is over", async () => {
  const { state, revocations } = follow();
  await Promise.all([revocations.upToDate(), revocations.upToDate(), revocations.upToDate()]);
  equal(state.loads, 1);
  for (let i = 0; i < 20; i++) revocations.isRevoked(token(1));
  equal(revocations.upToDate(), null);
  equal(state.loads, 1);
  await pause(320);
  equal(revocations.upToDate(), null, "requests came, so nobody waits");
  for (let i = 0; i < 20; i++) revocations.isRevoked(token(1));
  equal(state.loads, 2);
});

Deno.test("an older list doesn't replace a newer one, and the log says so once", async () => {
  const { state, revocations } = follow({ interval: 0 });
  state.next = () => Promise.resolve(listAt(state.now, 50));
  await revocations.latest();
  equal(revocations.isRevoked(token(50)), true);
  equal(revocations.isRevoked(token(51)), false);
  for (let i = 0; i < 3; i++) {
    state.next = () => Promise.resolve(listAt(state.now - 1));
    await revocations.latest();
    equal(revocations.isRevoked(token(50)), true);
  }
  equal(state.lines.length, 1);
  match(state.lines[0] ?? "", /older/);
  state.next = () => Promise.resolve(listAt(state.now + 1));
  await revocations.latest();
  equal(revocations.isRevoked(token(50)), false);
});

Deno.test("what can't be had leaves the last one, until that is too old", async () => {
  const { state, revocations } = follow({ interval: 0, maxAge: 500 });
  state.next = () => Promise.resolve(listAt(Date.now() / 1000, 50));
  await revocations.latest();
  state.next = () => Promise.reject(new Refusal(502, "bad_list").because("signature"));
  for (let i = 0; i < 3; i++) await revocations.latest();
  equal(revocations.isRevoked(token(50)), true);
  revocations.checkAge();
  deepEqual(state.lines, ["no good list of revocations (signature); the last one stays"]);
  await pause(600);
  throws(() => revocations.checkAge(), (error) => error instanceof Refusal && error.status === 503);
  equal(revocations.isRevoked(token(50)), true);
  equal(revocations.isRevoked(token(51)), true, "who was let in before is held no longer");
});

Deno.test("where that is allowed, it goes on", async () => {
  const { state, revocations } = follow({ required: false });
  state.next = () => Promise.reject(new TypeError("away"));
  await revocations.upToDate();
  for (let i = 0; i < 3; i++) revocations.checkAge();
  equal(revocations.isRevoked(token(1)), false);
  equal(state.lines.length, 2);
  match(state.lines[0] ?? "", /unreachable/);
  match(state.lines[1] ?? "", /going on/);
});

Deno.test("without a list it tries once in a while, however many ask", async () => {
  const { state, revocations } = follow({ interval: 10_000 });
  state.next = () => Promise.reject(new TypeError("away"));
  for (let i = 0; i < 10; i++) {
    await revocations.upToDate();
    throws(() => revocations.checkAge(), Refusal);
  }
  equal(state.loads, 1);
  await pause(1050);
  state.next = () => Promise.resolve(listAt(state.now));
  await revocations.upToDate();
  revocations.checkAge();
  equal(state.loads, 2);
});

Deno.test("after a pause all wait for what is new, not only the first", async () => {
  const { state, revocations } = follow({ interval: 100 });
  await revocations.upToDate();
  const { promise, resolve } = Promise.withResolvers<RevocationList>();
  state.next = () => promise;
  await pause(450);
  const [first, second] = [revocations.upToDate(), revocations.upToDate()];
  equal(revocations.isRevoked(token(50)), false);
  resolve(listAt(state.now + 1, 50));
  equal(first === null || second === null, false);
  await second;
  equal(revocations.isRevoked(token(50)), true);
  await first;
  equal(revocations.upToDate(), null);
});

Deno.test("where none may wait for another's load, each has its own, and one that hangs stops none", async () => {
  const { state, revocations } = follow({ isolated: true, interval: 100 });
  state.next = () => new Promise(() => {});
  void revocations.upToDate();
  state.next = () => Promise.resolve(listAt(state.now, 50));
  await revocations.upToDate();
  equal(state.loads, 2);
  equal(revocations.isRevoked(token(50)), true);
});
