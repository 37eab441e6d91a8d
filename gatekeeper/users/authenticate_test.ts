import { deepEqual, equal, rejects } from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Env } from "../../edge/env.ts";
import { Refusal } from "../../shared/refusal.ts";
import { createAuthenticate, type User } from "./authenticate.ts";
import { readProjectKeys } from "./project_keys.ts";
import { readUserIssuers } from "./user_issuers.ts";

const SECRET = "a legacy secret of a project, long enough";
const ID = "00000000-0000-4000-8000-00000000a11c";

/** A provider with a key set on a socket, which can rotate its key and go away. */
class Provider implements AsyncDisposable {
  status = 200;
  fetches = 0;
  #kid = 0;
  #keys: JWK[] = [];
  #private: CryptoKey | undefined;
  readonly #server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    this.fetches++;
    return Response.json({ keys: this.#keys }, { status: this.status });
  });

  constructor(private readonly alg: string) {}

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async rotate(): Promise<void> {
    const pair = await generateKeyPair(this.alg, { extractable: true });
    this.#private = pair.privateKey;
    this.#keys = [{ ...await exportJWK(pair.publicKey), kid: `${++this.#kid}`, alg: this.alg }];
  }

  async token(changes: Record<string, unknown> = {}, kid = `${this.#kid}`): Promise<string> {
    if (this.#private === undefined) await this.rotate();
    const key = this.#private ?? new Uint8Array();
    return await sign({ iss: `${this.url}/auth/v1`, ...changes }, key, this.alg, kid || "1");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

function sign(
  changes: Record<string, unknown>,
  key: CryptoKey | Uint8Array,
  alg: string,
  kid = "",
) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: ID, aud: "authenticated", iat: now, exp: now + 60, ...changes };
  return new SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key);
}

/** Reads the user of a request with this `Authorization`, configured by these variables. */
function reader(variables: Record<string, string>) {
  const env: Env = (name) => variables[name];
  const authenticate = createAuthenticate({
    users: readUserIssuers(env),
    clockTolerance: 5,
    projectKeys: readProjectKeys(env),
  });
  return (authorization?: string): Promise<User | null> =>
    authenticate(new Request("http://x", { headers: authorization ? { authorization } : {} }));
}

const refused = (status: number) => (error: unknown) =>
  error instanceof Refusal && error.status === status &&
  (status !== 401 || error.headers["www-authenticate"] === 'Bearer error="invalid_token"');

/** What every provider has to refuse, by the changes to a good token. */
const BAD: Readonly<Record<string, Record<string, unknown>>> = {
  "expired": { exp: 1 },
  "not yet valid": { nbf: 9_999_999_999 },
  "without exp": { exp: undefined },
  "for another audience": { aud: "other" },
  "without audience": { aud: undefined },
  "of another issuer": { iss: "https://elsewhere.example" },
  "without sub": { sub: undefined },
  "with an empty sub": { sub: "" },
};

for (const alg of ["RS256", "ES256", "EdDSA", "PS256"]) {
  for (const kind of ["Supabase", "OpenID provider"]) {
    Deno.test(`${kind}, ${alg}`, async () => {
      await using provider = new Provider(alg);
      await provider.rotate();
      const read = reader(
        kind === "Supabase" ? { SUPABASE_URL: `${provider.url}/` } : {
          USER_JWKS_URL: `${provider.url}/keys`,
          USER_ISSUER: `${provider.url}/auth/v1`,
          USER_AUDIENCE: "authenticated",
        },
      );
      const user = await read(`Bearer ${await provider.token({ email: "a@b.c", role: "admin" })}`);
      deepEqual([user?.id, user?.email, user?.role], [ID, "a@b.c", "admin"]);
      equal((await read(`bearer ${await provider.token()}`))?.role, "authenticated");
      equal(await read(), null);
      for (const [what, changes] of Object.entries(BAD)) {
        await rejects(read(`Bearer ${await provider.token(changes)}`), refused(401), what);
      }
      const good = await provider.token();
      await rejects(read(`Bearer ${await provider.token({}, "unknown")}`), refused(401));
      await rejects(read(`Bearer ${good.slice(0, -20)}AAAAAAAAAAAAAAAAAAAA`), refused(401));
      await rejects(read(`Bearer ${await sign({}, new TextEncoder().encode(SECRET), "HS256")}`));
      for (const odd of ["Bearer", "Bearer x", "Basic YTpi", `Bearer ${good}, x`]) {
        await rejects(read(odd), refused(401), odd);
      }
      equal(provider.fetches, 1);
    });
  }
}

Deno.test("Supabase, HS256", async () => {
  const key = new TextEncoder().encode(SECRET);
  const read = reader({ SUPABASE_JWT_SECRET: SECRET, SUPABASE_URL: "http://127.0.0.1:1" });
  const iss = "http://127.0.0.1:1/auth/v1";
  equal((await read(`Bearer ${await sign({ iss }, key, "HS256")}`))?.id, ID);
  for (const [what, changes] of Object.entries(BAD)) {
    // The set of public keys, which is away here, must not be needed to say no to a secret's token.
    const token = await sign({ iss, ...changes }, key, "HS256");
    await rejects(read(`Bearer ${token}`), refused(401), what);
  }
  const other = await sign({ iss }, new TextEncoder().encode(`${SECRET}!`), "HS256");
  await rejects(read(`Bearer ${other}`), refused(401));
  const alone = reader({ SUPABASE_JWT_SECRET: SECRET });
  equal((await alone(`Bearer ${await sign({}, key, "HS256")}`))?.id, ID);
});

Deno.test("a key set that is away is a 503, the last good one stays, and rotation is seen", async () => {
  await using provider = new Provider("ES256");
  await provider.rotate();
  const read = reader({ SUPABASE_URL: provider.url });
  const first = `Bearer ${await provider.token()}`;
  const { now } = Date;
  let later = 0;
  Date.now = () => now() + later;
  try {
    provider.status = 500;
    await rejects(read(first), refused(503));
    later += 3000;
    provider.status = 200;
    equal((await read(first))?.id, ID);
    provider.status = 500;
    later += 31_000;
    equal((await read(first))?.id, ID);
    await provider.rotate();
    const second = `Bearer ${await provider.token()}`;
    await rejects(read(second), refused(503));
    provider.status = 200;
    later += 31_000;
    equal((await read(second))?.id, ID);
    await rejects(read(first), refused(401));
  } finally {
    Date.now = now;
  }
});

Deno.test("without an issuer all are anonymous, and a token is still not taken for nobody's", async () => {
  const read = reader({});
  equal(await read(), null);
  const token = await sign({}, new TextEncoder().encode(SECRET), "HS256");
  await rejects(read(`Bearer ${token}`), refused(401));
});
