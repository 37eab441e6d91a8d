import assert from "node:assert/strict";
import { ShapeStream } from "@electric-sql/client";
import { SignJWT } from "jose";
import { gatekeeperShape, signOut } from "../../client/index.ts";
import { Servers, until } from "./servers.ts";

/** The official client leaves a timer or two behind. */
const relaxed = { sanitizeOps: false, sanitizeResources: false };

const SECRET = new TextEncoder().encode("a provider's secret that is long enough");
let signed = 0;

/** A token like no other: of an app that signs one for each request. */
function sign(subject: string): Promise<string> {
  return new SignJWT({ jti: String(++signed) }).setProtectedHeader({ alg: "HS256" })
    .setIssuer("https://id.example").setSubject(subject).setIssuedAt().setExpirationTime("1m")
    .sign(SECRET);
}

function start(servers: Servers, table: string, authorization: () => Promise<string>) {
  const stream = new ShapeStream(
    gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, table, authorization }),
  );
  stream.subscribe(() => {});
  return stream;
}

Deno.test("a function that signs anew for each request asks for one grant", relaxed, async (t) => {
  await using servers = new Servers();
  servers.hold = 30;
  servers.shapeOf = ({ table }) => ({ table });
  let user = "alice";
  const authorization = () => sign(user);
  await t.step("for all requests of 30 streams", async () => {
    const before = signed;
    const streams = Array.from(
      { length: 30 },
      (_, i) => start(servers, `table_${i}`, authorization),
    );
    await until(() => streams.every((stream) => stream.isUpToDate));
    await until(() => servers.statuses.length > 150);
    assert.equal(servers.asked.length, 1);
    assert.equal(servers.signed.length, 30);
    assert.ok(signed - before > 150, "it is called with each request");
  });
  await t.step("and another user gets their own at once", async () => {
    user = "bob";
    const tokens = servers.tokens.length;
    await until(() => servers.signed.length === 60);
    await until(() => servers.tokens.length > tokens + 150);
    assert.deepEqual(servers.mixedUp, []);
    assert.equal(servers.signed.length, 60);
    const newest = servers.tokens.slice(-60).map((token) => servers.signed.indexOf(token));
    assert.ok(newest.every((number) => number >= 30), "none of the first user's is left");
  });
  signOut();
});

Deno.test("two users never share a grant, whoever of them asks first", relaxed, async () => {
  await using servers = new Servers();
  servers.hold = 10;
  servers.shapeOf = ({ table }, credentials) => {
    const payload = credentials?.split(".")[1] ?? "";
    return { table, where: JSON.parse(atob(payload)).sub };
  };
  let turn = 0;
  // The worst that an app may do: another user with each request.
  const authorization = () => sign(++turn % 2 === 0 ? "alice" : "bob");
  start(servers, "items", authorization);
  start(servers, "items", authorization);
  await until(() => servers.tokens.length > 40);
  assert.deepEqual(servers.mixedUp, []);
  signOut();
});

Deno.test("a grant is renewed with the credentials of now", relaxed, async () => {
  await using servers = new Servers();
  servers.hold = 30;
  servers.lifetime = 0.5;
  start(servers, "items", () => sign("alice"));
  await until(() => servers.signed.length >= 4);
  const issued = servers.credentials.map((text) => JSON.parse(atob(text?.split(".")[1] ?? "")).jti);
  assert.equal(new Set(issued).size, issued.length);
  assert.ok(servers.statuses.every((status) => status === 200));
  signOut();
});
