import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Refusal } from "../../shared/refusal.ts";
import { Turns } from "./turns.ts";

Deno.test("so many work at once, the others after them, in order", async () => {
  const turns = new Turns(2);
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const works = ends.map(({ promise }, i) =>
    turns.take(async () => {
      begun.push(i);
      await promise;
      if (i === 1) throw new Error("fails");
      return i;
    })
  );
  const settled = Promise.allSettled(works);
  const seen: number[] = [];
  for (const { resolve } of ends) {
    await new Promise((later) => setTimeout(later, 0));
    seen.push(begun.length);
    resolve();
  }
  deepEqual(seen, [2, 3, 4, 5, 5]);
  deepEqual((await settled).map(({ status }) => status === "fulfilled"), [
    true,
    false,
    true,
    true,
    true,
  ]);
  deepEqual(begun, [0, 1, 2, 3, 4]);
  equal(await turns.take(() => Promise.resolve("free")), "free");
});

Deno.test("who waits too long is told to come again, and takes no turn", async () => {
  const turns = new Turns(1, 50);
  const end = Promise.withResolvers<void>();
  const first = turns.take(() => end.promise);
  let worked = false;
  const late = turns.take(() => Promise.resolve(worked = true));
  const began = performance.now();
  await rejects(late, (error) => {
    ok(error instanceof Refusal);
    deepEqual([error.status, error.reason, error.headers["retry-after"]], [503, "busy", "5"]);
    return true;
  });
  ok(performance.now() - began < 5000);
  end.resolve();
  await first;
  equal(worked, false);
  equal(await turns.take(() => Promise.resolve(1)), 1);
});
