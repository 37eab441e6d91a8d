import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { createClient as createOldClient } from "@supabase/supabase-js-old";
import { signToken } from "../support/token.ts";
import { signIn, startUsersStack, USERS } from "./stack.ts";

/** The two kinds of key that a page may hold: today's, and the legacy one, a JWT that names no user. */
const KEYS = {
  publishable: "sb_publishable_abc-DEF_123",
  legacy: await signToken(
    { iss: "supabase", ref: "abc", role: "anon" },
    "the project's own secret, not ours",
  ),
};
const PREFIX = "/functions/v1";

/** What a client's `functions` gives back. */
interface Invoked {
  readonly data: unknown;
  readonly error: unknown;
}

/** A client of one version, of nobody or of a user. */
type Connect = (url: string, key: string, authorization: string | null) => {
  readonly functions: {
    invoke(name: string, options: { method: "POST"; body: object }): Promise<Invoked>;
  };
};

const headersOf = (authorization: string | null) =>
  authorization === null ? {} : { global: { headers: { Authorization: authorization } } };
const quiet = { auth: { persistSession: false, autoRefreshToken: false } };

const CLIENTS: Readonly<Record<string, Connect>> = {
  "2.39": (url, key, user) => createOldClient(url, key, { ...quiet, ...headersOf(user) }),
  "current": (url, key, user) => createClient(url, key, { ...quiet, ...headersOf(user) }),
};

/** Supabase's gateway in small: it takes the prefix off, and passes everything else on. */
function startGateway(gatekeeper: string) {
  const seen: Headers[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    seen.push(request.headers);
    const { pathname, search } = new URL(request.url);
    return fetch(`${gatekeeper}${pathname.slice(PREFIX.length)}${search}`, request);
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { url, seen, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("supabase-js asks for tokens, signed in or not, of an old and of a new version", async (t) => {
  await using stack = await startUsersStack();
  await using gateway = startGateway(stack.gatekeeper.url);
  const alice = await signIn("alice");
  for (const [version, connect] of Object.entries(CLIENTS)) {
    const invoke = (user: string | null, name: string, key = KEYS.publishable) =>
      connect(gateway.url, key, user).functions.invoke(name, { method: "POST", body: {} });
    for (const [kind, key] of Object.entries(KEYS)) {
      await t.step(`${version}, nobody signed in: a ${kind} key is no user`, async () => {
        const { data, error } = await invoke(null, "gatekeeper/items", key);
        equal(error, null);
        match(JSON.stringify(data), /"table":"items"/);
        equal(gateway.seen.at(-1)?.get("apikey"), key);
        match(String((await invoke(null, "gatekeeper/todos", key)).error), /non-2xx/);
      });
    }
    await t.step(`${version}, signed in: the user's own rows`, async () => {
      const { data, error } = await invoke(alice, "gatekeeper/todos");
      equal(error, null);
      match(JSON.stringify(data), new RegExp(USERS.alice));
    });
    await t.step(`${version}, with a bad token: refused`, async () => {
      match(String((await invoke("Bearer x", "gatekeeper/items")).error), /non-2xx/);
    });
  }

  await t.step("the key goes where a user's token would", () => {
    const bearers = gateway.seen.map((headers) => headers.get("authorization"));
    for (const key of Object.values(KEYS)) ok(bearers.includes(`Bearer ${key}`), key);
  });
  await t.step("a region, as invoke sends it, is no field of a shape", async () => {
    const url = `${stack.gatekeeper.url}/gatekeeper/items?forceFunctionRegion=us-east-1`;
    const headers = { "x-region": "us-east-1" };
    equal((await fetch(url, { method: "POST", headers })).status, 200);
  });
  await t.step("its preflight is answered", async () => {
    const wanted = "apikey,authorization,content-type,x-client-info,x-region";
    const { status, headers } = await fetch(`${stack.gatekeeper.url}/gatekeeper/items`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": wanted,
      },
    });
    // `*` covers all but Authorization (Fetch standard, CORS-preflight fetch).
    deepEqual([status, headers.get("access-control-allow-headers")], [204, "Authorization, *"]);
    equal(headers.get("access-control-allow-origin"), "*");
  });
});
