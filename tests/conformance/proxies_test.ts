import assert from "node:assert/strict";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { type Env, startGatekeeper } from "../support/servers.ts";
import type { Check } from "./check.ts";
import { PROXIES, type Proxy } from "./proxies.ts";
import { responses } from "./responses.ts";
import { deadlines, statuses } from "./statuses.ts";
import { streaming } from "./streaming.ts";
import { Subject, type SubjectOptions } from "./subject.ts";
import { subsetBody } from "./subset_body.ts";
import { named, tokens } from "./tokens.ts";
import { basePath, upstreamRequest } from "./upstream_request.ts";

const PLAIN = { env: {} };
const STRICT = {
  env: {
    AUTH_AUDIENCE: "items-app",
    AUTH_ISSUER: "gatekeeper",
    AUTH_CLOCK_TOLERANCE: "0",
    ELECTRIC_TIMEOUT: "1",
  },
  base: "/base/",
  claims: { aud: "items-app", iss: "gatekeeper" },
};

const running = new AsyncDisposableStack();
let postgres: TestPostgres;
let minted: string;
Deno.test.beforeAll(async () => {
  postgres = running.use(await testPostgres());
  minted = await mintToken({ DATABASE_URL: postgres.url, ELECTRIC_URL: "http://127.0.0.1:1" });
});
Deno.test.afterAll(() => running.disposeAsync());

const together: readonly Check[] = [
  ["a token that the gatekeeper has signed opens it", async (subject) => {
    const query = "table=items&where=value%20=%20$1&params[1]=a&columns=id,value";
    assert.equal((await subject.withAuthorization(minted, query)).status, 200);
    subject.tap.reset();
    subject.assertRefused(await subject.withAuthorization(minted), 403, /gatekeeper/);
  }],
  ["its log tells no secret", (subject) => {
    subject.assertTellsNothing(subject.server.process.lines.join("\n"));
    return Promise.resolve();
  }],
];

for (const proxy of PROXIES) {
  const checks = [statuses, tokens, upstreamRequest, subsetBody, responses, streaming, together];
  define(proxy, PLAIN, checks.flat());
  define(proxy, STRICT, [named, deadlines, basePath].flat());
}

/** Defines a test for each check of a proxy that is started once for all of them. */
function define(proxy: Proxy, options: SubjectOptions, checks: readonly Check[]): void {
  const ignore = proxy.missing !== null;
  let subject: Subject | undefined;
  Deno.test.beforeAll(async () => {
    if (ignore) return;
    const env = { ...options.env, DATABASE_URL: postgres.url };
    subject = running.use(await Subject.start(proxy, { ...options, env }));
  });
  for (const [what, check] of checks) {
    const name = `${proxy.name}: ${what}${ignore ? ` (skipped: ${proxy.missing})` : ""}`;
    Deno.test({ name, ignore, fn: () => run(subject, check) });
  }
}

async function run(subject: Subject | undefined, check: Check[1]): Promise<void> {
  assert(subject !== undefined);
  subject.tap.reset();
  await check(subject);
}

/** The `Authorization` of the gatekeeper's answer. */
async function mintToken(env: Env): Promise<string> {
  await using gatekeeper = await startGatekeeper(env);
  const body = JSON.stringify({ where: "value = $1", params: ["a"], columns: ["value", "id"] });
  const response = await fetch(`${gatekeeper.url}/gatekeeper/items`, { method: "POST", body });
  return (await response.json()).headers.Authorization;
}
