import { deepEqual, equal, ok } from "node:assert/strict";
import { PROXIES } from "../conformance/proxies.ts";
import type { TapReply } from "../support/tap.ts";
import { now } from "../support/token.ts";
import { ask, type ListStack, reply, signed, startListStack, tokenOf } from "./list_server.ts";
import { Held } from "./stack.ts";

const LIVE = "&offset=0_5&handle=1-2&cursor=7&live=true";

/** Milliseconds that a clock's tick, and a busy machine, may take. */
const SPARE = 700;

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** An event stream with something every 50 ms, until its client leaves. */
const events: TapReply = {
  headers: [["transfer-encoding", "chunked"], ["content-type", "text/event-stream"]],
  stream: async (write) => {
    for (let i = 0; i < 300; i++) {
      await write(chunk(`data: ${i}\n\n`));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },
};

/** Holds a long poll and an event stream with a token, and gives when each had its last byte. */
async function holdBoth({ url, electric }: ListStack, token: string) {
  electric.answer = ({ target }) => {
    if (target.includes("live_sse=true")) return events;
    if (target.includes("live=true")) return "hang";
    return reply("[]", [["electric-handle", "1-2"]]);
  };
  await (await ask(url, token)).body?.cancel();
  const poll = new Held(ask(url, token, LIVE));
  const stream = new Held(ask(url, token, `${LIVE}&live_sse=true`));
  return { poll, stream };
}

for (const { name, missing, start } of PROXIES) {
  if (name === "gatekeeper's proxy") continue;
  const ignore = missing !== null;
  const title = ignore ? `${name} (skipped: ${missing})` : name;

  Deno.test({ name: `${title}: what is held ends with its token`, ignore }, async (t) => {
    const env = { AUTH_CLOCK_TOLERANCE: "1" };
    await using stack = await startListStack(reply(await signed()), env, { start });

    await t.step("no byte comes after exp and the tolerance", async () => {
      const exp = now() + 2;
      const { poll, stream } = await holdBoth(stack, await tokenOf("alice", { exp }));
      const { status } = await poll.ended;
      deepEqual([status, poll.text], [200, "[]"]);
      await stream.ended.catch(() => {});
      const end = 1000 * (exp + 1);
      for (const { endedAt, lastByteAt } of [poll, stream]) {
        ok(lastByteAt < end + SPARE, `${lastByteAt - end} ms after`);
        ok(
          Number(endedAt) > end - 1100 && Number(endedAt) < end + SPARE,
          `${Number(endedAt) - end} ms`,
        );
      }
      ok(stream.text.startsWith("data: 0\n\n"), stream.text);
      equal((await ask(stack.url, await tokenOf("alice", { exp }))).status, 401);
    });

    await t.step("nor after it was revoked, which what is held notices by itself", async () => {
      const { poll, stream } = await holdBoth(stack, await tokenOf("mallory"));
      const others = await holdBoth(stack, await tokenOf("alice"));
      await new Promise((resolve) => setTimeout(resolve, 500));
      equal(poll.endedAt, null);
      const revokedAt = Date.now();
      stack.gatekeeper.answer = reply(await signed(["mallory"]));
      deepEqual([(await poll.ended).status, poll.text], [200, "[]"]);
      await stream.ended.catch(() => {});
      for (const { endedAt } of [poll, stream]) {
        ok(Number(endedAt) - revokedAt < 1000 + SPARE, `${Number(endedAt) - revokedAt} ms`);
      }
      equal(await stack.status("mallory"), 401);
      equal(await stack.status(), 200);
      for (const { endedAt } of Object.values(others)) equal(endedAt, null);
    });
  });
}
