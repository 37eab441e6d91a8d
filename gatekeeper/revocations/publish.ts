import { SignJWT } from "jose";
import { ISSUER, type TokenChecks } from "../../shared/claims.ts";
import { checkMethod } from "../../shared/refusal.ts";
import { LIST_TYPE, type RevocationList } from "../../shared/revocations.ts";
import { databaseUnavailable } from "../database/database.ts";
import type { SigningKey } from "../tokens/sign.ts";

/** Any page may read it, and a CDN may give it to many edges, though not for long. */
const HEADERS = {
  "content-type": "application/jwt",
  "cache-control": "public, max-age=1",
  "access-control-allow-origin": "*",
};

/** What signs the list. */
interface Signing {
  readonly signing: SigningKey;
  readonly token: TokenChecks;
}

/** `GET /.well-known/revocations`: the list as a JWT (RFC 7519), for edges to fetch. */
export function createPublish(
  { signing, token }: Signing,
  latest: () => Promise<RevocationList | null>,
): (request: Request) => Promise<Response> {
  let signed: { readonly list: RevocationList; readonly jwt: Promise<string> } | undefined;
  return async (request) => {
    checkMethod(request, "GET", "HEAD");
    const list = await latest();
    if (list === null) throw databaseUnavailable();
    if (signed?.list !== list) signed = { list, jwt: signList(list, signing, token) };
    return new Response(await signed.jwt, { headers: HEADERS });
  };
}

/** Signs a list for edges that check tokens like this. */
export function signList(
  { issuedAt, everyone, subjects, tables }: RevocationList,
  { header, key }: SigningKey,
  { issuer = ISSUER, audience }: Pick<TokenChecks, "issuer" | "audience">,
): Promise<string> {
  const claims = {
    iss: issuer,
    ...(audience !== undefined && { aud: audience }),
    iat: issuedAt,
    ...(everyone > -Infinity && { everyone }),
    subjects: Object.fromEntries(subjects),
    tables: Object.fromEntries(tables),
  };
  return new SignJWT(claims).setProtectedHeader({ ...header, typ: LIST_TYPE }).sign(key);
}
