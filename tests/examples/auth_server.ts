import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** Who has an account, with the password `secret`. */
export const PEOPLE = {
  "alice@example.com": "8f0f3e1a-0000-4000-8000-00000000a11c",
  "bob@example.com": "8f0f3e1a-0000-4000-8000-000000000b0b",
} as const;

const CORS = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };

const json = (body: unknown, status = 200) => Response.json(body, { status, headers: CORS });

/** Supabase Auth in small, as far as supabase-js asks it: sign-in by password, sign-out, its public keys. */
export async function startAuthServer() {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...await exportJWK(publicKey), kid: "1", alg: "ES256", use: "sig" };

  const signIn = async (request: Request): Promise<Response> => {
    const { email, password } = await request.json();
    const [, id] = Object.entries(PEOPLE).find(([known]) => known === email) ?? [];
    if (id === undefined || password !== "secret") {
      return json({ code: "invalid_credentials", message: "Invalid login credentials" }, 400);
    }
    const claims = { sub: id, email, role: "authenticated", aud: "authenticated" };
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: "1" })
      .setIssuer(`${new URL(request.url).origin}/auth/v1`)
      .setIssuedAt()
      .setExpirationTime("1h");
    return json({
      access_token: await token.sign(privateKey),
      token_type: "bearer",
      expires_in: 3600,
      refresh_token: "refresh",
      user: { id, email, aud: "authenticated", role: "authenticated" },
    });
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
    const { pathname } = new URL(request.url);
    if (pathname === "/auth/v1/token") return signIn(request);
    if (pathname === "/auth/v1/logout") return new Response(null, { status: 204, headers: CORS });
    if (pathname === "/auth/v1/.well-known/jwks.json") return json({ keys: [jwk] });
    return json({ message: `the stand-in has no ${pathname}` }, 404);
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}
