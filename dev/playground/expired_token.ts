import { decodeJwt, SignJWT } from "jose";
import { invalidRequest } from "../../shared/refusal.ts";

/**
 * Signs a good token anew, with the gatekeeper's own secret, as it will be in two hours' time: nothing is
 * wrong with it but that it has expired a minute ago.
 */
export async function expire(token: string, authSecret: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({
    ...readClaims(token),
    iat: now - 7260,
    nbf: now - 7260,
    exp: now - 60,
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(authSecret));
}

function readClaims(token: string) {
  try {
    return decodeJwt(token);
  } catch {
    throw invalidRequest("token must be one of the gatekeeper's.");
  }
}
