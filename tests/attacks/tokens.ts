import { SignJWT } from "jose";
import { AUTH_SECRET } from "../support/servers.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Seconds since the epoch, `offset` from now. */
export function inSeconds(offset: number): number {
  return Math.floor(Date.now() / 1000) + offset;
}

/** A good token for a claim; the issuer is what the gatekeeper's is, which Caddy insists on. */
export function signHs256(claim: unknown): Promise<string> {
  return new SignJWT({ iss: "gatekeeper", shape: claim, exp: inSeconds(3600) })
    .setProtectedHeader({ alg: "HS256" }).sign(encode(AUTH_SECRET));
}

/** Unpadded base64url (RFC 7515 section 2). */
export function base64url(data: Uint8Array | string): string {
  const bytes = typeof data === "string" ? encode(data) : data;
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A token of any header and payload text, signed with HMAC: one that no library would make. */
export async function forge(
  header: string,
  payload: string,
  secret: string | Uint8Array<ArrayBuffer> = AUTH_SECRET,
  hash = "SHA-256",
): Promise<string> {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const raw = typeof secret === "string" ? encode(secret) : secret;
  const algorithm = { name: "HMAC", hash };
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, encode(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}
