import { jwtVerify, SignJWT } from "jose";

/** The owners of the lists in `supabase/migrations`. */
const PEOPLE = new Map([
  ["alice", "00000000-0000-4000-8000-00000000a11c"],
  ["bob", "00000000-0000-4000-8000-000000000b0b"],
]);

/** Of the users of `electric-gatekeeper dev`, which sets it. */
const secret = new TextEncoder().encode(process.env.SUPABASE_JWT_SECRET);

/** In place of your sign-in, for development only: gives an access token to whoever says a name. */
export async function signIn(request: Request): Promise<Response> {
  const id = PEOPLE.get(await request.text());
  if (!id) return new Response("Nobody has that name.", { status: 401 });
  const token = new SignJWT({ sub: id, role: "authenticated", aud: "authenticated" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h");
  return new Response(await token.sign(secret));
}

/** The id of the user whose access token a request has, or null. */
export async function userOf(request: Request): Promise<string | null> {
  const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  const options = { algorithms: ["HS256"], audience: "authenticated" };
  const verified = await jwtVerify(token, secret, options).catch(() => null);
  return verified?.payload.sub ?? null;
}
