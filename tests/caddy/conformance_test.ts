import assert from "node:assert/strict";
import type { Check } from "../conformance/check.ts";
import type { Proxy } from "../conformance/proxies.ts";
import { responses } from "../conformance/responses.ts";
import { deadlines, statuses } from "../conformance/statuses.ts";
import { streaming } from "../conformance/streaming.ts";
import { Subject } from "../conformance/subject.ts";
import { named, tokens } from "../conformance/tokens.ts";
import { upstreamRequest } from "../conformance/upstream_request.ts";
import { caddyName, noCaddy, startCaddy } from "./caddy.ts";

if (noCaddy !== null) console.log(`Caddy skipped: ${noCaddy}`);

const CADDY: Proxy = {
  name: "Caddy",
  paths: ["/v1/shape"],
  others: ["/proxy/v1/shape", "/edge/v1/shape", "/caddy/v1/shape"],
  missing: noCaddy,
  start: startCaddy,
};

/** Checks of the other proxies that Caddy doesn't pass; caddy/README.md says why, in this order. */
const DIFFERENT: readonly string[] = [
  "other methods are 405 and never asked upstream",
  "a preflight needs no token",
  "a query that can't be read is 400 and names the field",
  "a token of another issuer with the secret is as good",
  "a remembered token opens no other shape",
  "all spellings of a shape are one upstream URL",
  "protocol parameters arrive untouched",
  "headers upstream are the allowed ones, and what fetch itself adds",
  "a body of a GET isn't passed on",
  "Vary gains Authorization once, and loses nothing",
  "what a CDN has compressed arrives readable, with its etag",
];

const checks = [statuses, tokens, upstreamRequest, responses, streaming].flat();
const strict = { AUTH_AUDIENCE: "items-app", ELECTRIC_TIMEOUT: "1" };
const claims = { iss: "gatekeeper" };

define({ env: {}, claims }, checks);
define({ env: strict, claims: { ...claims, aud: "items-app" } }, [named, deadlines].flat());

/** Runs the checks on one Caddy, one test a check. */
function define(options: Parameters<typeof Subject.start>[1], all: readonly Check[]): void {
  Deno.test({
    name: `${caddyName} keeps the contract ${JSON.stringify(options.env)}`,
    ignore: noCaddy !== null,
    fn: async (t) => {
      await using subject = await Subject.start(CADDY, options);
      for (const [name, check] of all) {
        if (DIFFERENT.includes(name)) continue;
        subject.tap.reset();
        await t.step(name, () => check(subject));
      }
      const log = subject.server.process.lines.join("\n");
      await t.step("its log tells no secret", () => subject.assertTellsNothing(log));
    },
  });
}

Deno.test("what Caddy does differently is in its README", async () => {
  const readme = await Deno.readTextFile(new URL("../../caddy/README.md", import.meta.url));
  for (const name of DIFFERENT) assert.ok(readme.includes(name), name);
});
