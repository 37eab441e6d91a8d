import { equal, match } from "node:assert/strict";
import { createAuthenticate, type User } from "../../gatekeeper/users/authenticate.ts";
import { readProjectKeys } from "../../gatekeeper/users/project_keys.ts";
import { readUserIssuers } from "../../gatekeeper/users/user_issuers.ts";
import { Refusal } from "../../shared/refusal.ts";
import { now, signToken } from "../support/token.ts";

const SECRET = "the legacy JWT secret of a project, long enough";
const OTHER = "another secret, which is not the project's one";
const PUBLISHABLE = "sb_publishable_abc-DEF_123";
const ID = "00000000-0000-4000-8000-00000000a11c";
const PROJECT = "http://127.0.0.1:1";

const anonKey = (secret = SECRET, claims = {}) =>
  signToken({ iss: "supabase", ref: "abc", role: "anon", iat: now(), ...claims }, secret);
const userToken = (secret = SECRET, claims = {}) =>
  signToken({
    iss: `${PROJECT}/auth/v1`,
    sub: ID,
    aud: "authenticated",
    role: "authenticated",
    ...claims,
  }, secret);

/** Whom a gatekeeper takes the bearer of a token for: a user's id, null, or why it refuses. */
async function whoIs(
  token: string,
  { apikey, ...variables }: Record<string, string> = {},
): Promise<string | null> {
  const all: Record<string, string> = {
    SUPABASE_JWT_SECRET: SECRET,
    SUPABASE_URL: PROJECT,
    ...variables,
  };
  const env = (name: string) => all[name];
  // Only the legacy secret's issuer: no key set is there to be fetched.
  const users = readUserIssuers(env).filter(({ keys }) => keys.algorithms.includes("HS256"));
  const authenticate = createAuthenticate({
    users,
    clockTolerance: 5,
    projectKeys: readProjectKeys(env),
  });
  const headers = { authorization: `Bearer ${token}`, ...(apikey !== undefined && { apikey }) };
  try {
    const user: User | null = await authenticate(new Request("http://x", { headers }));
    return user?.id ?? null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    equal(error.status, 401);
    return `${error.reason}: ${error.message}`;
  }
}

Deno.test("the project's public keys are nobody in particular", async () => {
  equal(await whoIs(await anonKey()), null);
  equal(
    await whoIs(PUBLISHABLE, { SUPABASE_PUBLISHABLE_KEYS: `{"default":"${PUBLISHABLE}"}` }),
    null,
  );
  equal(await whoIs(PUBLISHABLE, { apikey: PUBLISHABLE }), null);
  const foreign = await anonKey(OTHER);
  equal(await whoIs(foreign, { SUPABASE_ANON_KEY: foreign }), null);
  equal(await whoIs(foreign, { apikey: foreign }), null);
});

Deno.test("other keys are refused, and secret ones with a word on it", async () => {
  match(await whoIs(await anonKey(OTHER)) ?? "", /^signature: /);
  match(await whoIs(PUBLISHABLE) ?? "", /^malformed: /);
  match(
    await whoIs(PUBLISHABLE, { SUPABASE_PUBLISHABLE_KEYS: `{"a":"${PUBLISHABLE}x"}` }) ?? "",
    /^malformed/,
  );
  match(await whoIs(await anonKey(SECRET, { exp: 1 })) ?? "", /^expired: /);
  for (const key of ["sb_secret_abc", await anonKey(SECRET, { role: "service_role" })]) {
    match(await whoIs(key, { apikey: key }) ?? "", /^secret_key: This is a secret key/);
  }
});

Deno.test("a user's token stays a user's, and a bad one is never nobody's", async () => {
  equal(await whoIs(await userToken()), ID);
  equal(await whoIs(await userToken(), { apikey: PUBLISHABLE }), ID);
  for (
    const [claims, secret] of [[{ exp: 1 }, SECRET], [{}, OTHER], [
      { role: "anon" },
      OTHER,
    ]] as const
  ) {
    const token = await userToken(secret, claims);
    match(await whoIs(token, { apikey: token }) ?? "", /^(expired|signature): /);
  }
  match(
    await whoIs(await userToken(SECRET, { iss: "x" })) ?? "",
    /^issuer, not http:..127\.0\.0\.1:1.auth.v1: /,
  );
  match(await whoIs(await userToken(SECRET, { aud: "x" })) ?? "", /^audience, not authenticated: /);
});

Deno.test("an issuer that isn't the project's address can be named, and the CLI's is known", async () => {
  const cli = { SUPABASE_URL: "http://kong:8000" };
  equal(await whoIs(await userToken(SECRET, { iss: "http://127.0.0.1:54321/auth/v1" }), cli), ID);
  match(
    await whoIs(await userToken(SECRET, { iss: "http://kong:8000/auth/v1" }), cli) ?? "",
    /^issuer/,
  );
  const named = { SUPABASE_JWT_ISSUER: "https://auth.example/auth/v1" };
  equal(await whoIs(await userToken(SECRET, { iss: "https://auth.example/auth/v1" }), named), ID);
});
