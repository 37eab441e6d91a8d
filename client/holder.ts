/** Claims that each token of one sign-in has anew: its times, its own id, and Clerk's minutes since the sign-in. */
const OF_EACH_TOKEN = /"(exp|iat|nbf|jti|fva)":[^,}]*/g;

/**
 * Says whose credentials are: what a JWT claims, but for what each token has anew, and the whole text of all
 * others. Nothing is verified, which is the gatekeeper's to do: it only tells when a grant may be another's.
 */
export function holderOf(credentials: string): string {
  try {
    const [, payload = ""] = credentials.split(".");
    const claims = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    if (claims.includes('"sub":')) return claims.replace(OF_EACH_TOKEN, "");
  } catch {
    // No JWT.
  }
  return credentials;
}
