import assert from "node:assert/strict";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import type { Check } from "./check.ts";
import { PROXIES } from "./proxies.ts";
import { responses } from "./responses.ts";
import { deadlines, statuses } from "./statuses.ts";
import { streaming } from "./streaming.ts";
import { Subject, type SubjectOptions } from "./subject.ts";
import { subsetBody } from "./subset_body.ts";
import { named, tokens } from "./tokens.ts";
import { basePath, upstreamRequest } from "./upstream_request.ts";

const running = new AsyncDisposableStack();
let postgres: TestPostgres;
Deno.test.beforeAll(async () => {
  postgres = running.use(await testPostgres());
});
Deno.test.afterAll(() => running.disposeAsync());

for (const proxy of PROXIES) {
  const define = (
    options: Omit<SubjectOptions, "env"> & { env?: SubjectOptions["env"] },
    checks: readonly Check[],
  ) => {
    let subject: Subject | undefined;
    Deno.test.beforeAll(async () => {
      if (proxy.missing !== null) return;
      const env = { ...options.env, DATABASE_URL: postgres.url };
      subject = running.use(await Subject.start(proxy, { ...options, env }));
    });
    for (const [name, check] of checks) {
      Deno.test({
        name: `${proxy.name}: ${name}${proxy.missing ? ` (skipped: ${proxy.missing})` : ""}`,
        ignore: proxy.missing !== null,
        fn: async () => {
          assert(subject !== undefined);
          subject.tap.reset();
          await check(subject);
        },
      });
    }
  };
  define({}, [
    ...statuses,
    ...tokens,
    ...upstreamRequest,
    ...subsetBody,
    ...responses,
    ...streaming,
    ["its log tells no secret", (subject) => {
      const { lines } = subject.server.process;
      subject.assertTellsNothing(lines.join("\n"));
      return Promise.resolve();
    }],
  ]);
  define({
    env: {
      AUTH_AUDIENCE: "items-app",
      AUTH_ISSUER: "gatekeeper",
      AUTH_CLOCK_TOLERANCE: "0",
      ELECTRIC_TIMEOUT: "1",
    },
    base: "/base/",
    claims: { aud: "items-app", iss: "gatekeeper" },
  }, [...named, ...deadlines, ...basePath]);
}
