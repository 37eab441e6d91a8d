import { type CompactJWSHeaderParameters, CompactSign } from "jose";
import { AUTH_SECRET } from "./servers.ts";

/** Seconds since the epoch. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/**
 * A token as any issuer that holds the secret would sign it, without a line of our own code.
 * `claims` are laid over a good `iat` and `exp`; one that is `undefined` is left out.
 */
export function signToken(
  claims: Readonly<Record<string, unknown>>,
  secret = AUTH_SECRET,
  header: CompactJWSHeaderParameters = { alg: "HS256" },
): Promise<string> {
  const encoder = new TextEncoder();
  return new CompactSign(
    encoder.encode(JSON.stringify({ iat: now(), exp: now() + 600, ...claims })),
  )
    .setProtectedHeader(header)
    .sign(encoder.encode(secret));
}
