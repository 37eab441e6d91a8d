import { SignJWT } from "jose";

/** The owners of the rows in `supabase/migrations`. */
const PEOPLE = new Map([
  ["alice", "00000000-0000-4000-8000-00000000a11c"],
  ["bob", "00000000-0000-4000-8000-000000000b0b"],
]);

/**
 * In place of your sign-in, for development only: gives an access token to whoever says a name. It is
 * signed with the secret that `electric-gatekeeper dev` makes for its users.
 */
export async function signIn(request: Request): Promise<Response> {
  const secret = process.env.SUPABASE_JWT_SECRET;
  const id = PEOPLE.get(await request.text());
  if (!secret || !id) return new Response("Nobody has that name.", { status: 401 });
  const token = new SignJWT({ sub: id, role: "authenticated", aud: "authenticated" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h");
  return new Response(await token.sign(new TextEncoder().encode(secret)));
}
