import { equal, throws } from "node:assert/strict";
import { Refusal } from "../../shared/refusal.ts";
import { checkAsker, isLoopback } from "./guard.ts";

const OWN = { host: "localhost:4000", origin: "http://localhost:4000" };
const JSON_TYPE = { "content-type": "application/json" };

function ask(method: string, headers: Record<string, string>): Request {
  return new Request("http://localhost/playground/rows", { method, headers });
}

const isForeign = (error: unknown) =>
  error instanceof Refusal && error.status === 403 && error.code === "foreign";

Deno.test("the page itself may ask, by each name of this machine", () => {
  for (const name of ["localhost", "127.0.0.1", "[::1]"]) {
    const host = `${name}:4000`;
    checkAsker(ask("GET", { host }), 4000);
    checkAsker(ask("GET", { host, "sec-fetch-site": "none" }), 4000);
    const own = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
    checkAsker(ask("POST", { ...own, ...JSON_TYPE }), 4000);
  }
});

Deno.test("another name that leads here may not: DNS rebinding", () => {
  const hosts = [
    ...["evil.example:4000", "localhost.evil.example:4000", "localhost", "localhost:4001"],
    ...["127.0.0.1:4000.evil.example", "localhost:4000@evil.example", "LOCALHOST:4000", ""],
  ];
  for (const host of hosts) {
    throws(() => checkAsker(ask("GET", { host }), 4000), isForeign, host);
    const own = { host, origin: `http://${host}`, ...JSON_TYPE };
    throws(() => checkAsker(ask("POST", own), 4000), isForeign, host);
  }
  throws(() => checkAsker(ask("GET", {}), 4000), isForeign, "no host");
});

Deno.test("another site's page may neither read nor write: CSRF", () => {
  for (const site of ["cross-site", "same-site"]) {
    const headers = { ...OWN, ...JSON_TYPE, "sec-fetch-site": site };
    for (const method of ["GET", "POST"]) {
      throws(() => checkAsker(ask(method, headers), 4000), isForeign);
    }
  }
  const origins = [
    "http://evil.example",
    "null",
    "http://localhost:8000",
    "https://localhost:4000",
  ];
  for (const origin of origins) {
    throws(
      () => checkAsker(ask("POST", { ...OWN, ...JSON_TYPE, origin }), 4000),
      isForeign,
      origin,
    );
  }
  throws(() => checkAsker(ask("POST", { host: OWN.host, ...JSON_TYPE }), 4000), isForeign, "none");
});

Deno.test("what a form could send is not written", () => {
  const types = ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"];
  for (const type of types) {
    throws(() => checkAsker(ask("POST", { ...OWN, "content-type": type }), 4000), isForeign, type);
  }
});

Deno.test("this machine's own addresses are told from others", () => {
  for (const own of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) {
    equal(isLoopback(own), true);
  }
  for (
    const other of ["10.0.0.1", "192.168.127.1", "::", "fe80::1", "::ffff:10.0.0.1", undefined]
  ) {
    equal(isLoopback(other), false);
  }
});
