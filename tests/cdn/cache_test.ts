import { deepEqual, equal, match, ok } from "node:assert/strict";
import { noNginx } from "../support/nginx.ts";
import { EDGES, type RunningServer } from "../support/servers.ts";
import { startStack } from "../sync/stack.ts";
import { startCdn } from "./cdn.ts";
import { spelling, tokenOf } from "./users.ts";

const USERS = 24;
const LIVE = 1000;

if (noNginx !== null) console.log(`tests/cdn is skipped: ${noNginx}`);

Deno.test({
  name: "a CDN behind the edge is shared between users",
  ignore: noNginx !== null,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`create table items (id int primary key, value text)`;
    await sql`insert into items select i, 'value ' || i from generate_series(1, 200) i`;
    const tokens = await Promise.all(Array.from({ length: LIVE }, (_, i) => tokenOf(`user ${i}`)));
    let id = 1000;
    for (const [name, start] of Object.entries(EDGES)) {
      // Each with a cache of its own, so that the second finds nothing there either.
      await using cdn = await startCdn(stack.service.url);
      await using edge = await start({ ELECTRIC_URL: cdn.url });
      const ask = asker(edge, tokens);
      let etag = "";
      let [handle, offset, cursor] = ["", "", ""];
      const follow = ({ headers }: Response) => {
        handle = headers.get("electric-handle") ?? "";
        offset = headers.get("electric-offset") ?? "";
        cursor = headers.get("electric-cursor") ?? "";
      };

      await t.step(`${name}: ${USERS} tokens and spellings, one request`, async () => {
        const users = Array.from({ length: USERS }, (_, i) => i);
        const answers = await Promise.all(users.map((i) => ask(i, { offset: "-1" })));
        const bodies = await Promise.all(answers.map((answer) => answer.text()));
        for (const [i, { status }] of answers.entries()) equal(status, 200, bodies[i]);
        equal(new Set(bodies).size, 1);
        const { asked, origin, statuses } = await cdn.take();
        deepEqual({ asked, origin }, { asked: USERS, origin: 1 }, `${statuses}`);
        const [first] = answers;
        ok(first);
        etag = first.headers.get("etag") ?? "";
        match(etag, /^(W\/)?".+"$/);
        follow(first);
      });

      await t.step(`${name}: 304 from the cache, whoever weakened the etag`, async () => {
        const strong = etag.replace("W/", "");
        for (const [i, condition] of [strong, `W/${strong}`, `"x", W/${strong}`].entries()) {
          const answer = await ask(i, { offset: "-1" }, { "if-none-match": condition });
          equal(answer.status, 304, condition);
        }
        equal((await ask(3, { offset: "-1" }, { "if-none-match": 'W/"other"' })).status, 200);
        const { origin, statuses } = await cdn.take();
        deepEqual({ origin, statuses }, { origin: 0, statuses: Array(4).fill("HIT") });
      });

      await t.step(`${name}: ${LIVE} live clients, one request a cycle`, async () => {
        for (;;) {
          const answer = await ask(0, { offset, handle });
          await answer.body?.cancel();
          follow(answer);
          if (answer.headers.has("electric-up-to-date")) break;
        }
        await cdn.take();
        for (let cycle = 0; cycle < 2; cycle++) {
          const rest = { offset, handle, live: "true", ...(cursor !== "" && { cursor }) };
          const held = Array.from({ length: LIVE }, async (_, i) => {
            const answer = await ask(i, rest);
            return { answer, text: await answer.text() };
          });
          await new Promise((resolve) => setTimeout(resolve, 1500));
          await sql`insert into items values (${++id}, 'live')`;
          const answers = await Promise.all(held);
          for (const { answer, text } of answers) {
            equal(answer.status, 200, text);
            ok(text.includes(`"id":"${id}"`), text);
          }
          const { asked, origin } = await cdn.take();
          deepEqual({ asked, origin }, { asked: LIVE, origin: 1 });
          const [first] = answers;
          ok(first);
          follow(first.answer);
        }
      });

      await t.step(`${name}: an edge that has just started resumes, asking the cache`, async () => {
        await using restarted = await start({ ELECTRIC_URL: cdn.url });
        const resume = asker(restarted, tokens);
        const users = Array.from({ length: USERS }, (_, i) => i);
        const answers = await Promise.all(users.map((i) => resume(i, { offset, handle })));
        for (const answer of answers) equal(answer.status, 200, await answer.text());
        const { asked, origin, statuses } = await cdn.take();
        // The question is answered from what the first clients left there.
        deepEqual({ asked, origin }, { asked: USERS + 1, origin: 1 }, `${statuses}`);
        const foreign = await resume(0, { offset, handle: "1-1" });
        deepEqual([foreign.status, foreign.headers.get("electric-handle")], [409, handle]);
        await foreign.body?.cancel();
        equal((await resume(1, { offset, handle })).status, 200);
        // The one question that a cache must not answer.
        deepEqual((await cdn.take()).origin, 1);
      });
    }
  },
});

/** Asks an edge as one of the users, in that user's spelling. */
function asker({ url }: RunningServer, tokens: readonly string[]) {
  return async (user: number, rest: Record<string, string>, more: HeadersInit = {}) => {
    const headers = new Headers(more);
    headers.set("authorization", `Bearer ${tokens[user]}`);
    const response = await fetch(url + spelling(user, rest), { headers });
    if (response.status === 304) await response.body?.cancel();
    return response;
  };
}
