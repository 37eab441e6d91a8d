import { base64url, type JWTPayload } from "jose";
import { ISSUER, MAX_TOKEN } from "../../shared/claims.ts";
import type { Shape } from "../../shared/shape.ts";
import type { User } from "../users/authenticate.ts";
import type { GatekeeperConfig } from "../config.ts";
import { signShape, toClaim } from "./sign.ts";

/** How many tokens are kept to be given out again; about 1 KiB each. */
const KEPT = 2000;

/** What a token's making depends on. */
type Signing = Pick<GatekeeperConfig, "signing" | "token" | "tokenTtl" | "shapeUrl">;

/** A shape whose token the proxies would refuse, since it is longer than they read. */
export class TokenTooLong extends Error {
  override readonly name = "TokenTooLong";
  readonly code = "token_too_long";

  /** Of the token, in bytes. */
  readonly length: number;

  constructor(length: number) {
    super(`the token would be ${length} bytes long, and proxies read ${MAX_TOKEN}`);
    this.length = length;
  }
}

/**
 * Gives the answer for a shape and the user it was granted to; `now` in seconds since the epoch, and
 * `notBefore`, which isn't later: the first second whose tokens aren't revoked. Throws
 * {@link TokenTooLong} rather than sign what can't be used.
 */
export type Mint = (
  shape: Shape,
  user: User | null,
  now: number,
  notBefore?: number,
) => Promise<Answer>;

/** What the gatekeeper answers, besides the shape's own keys. */
export interface Answer {
  readonly url: string;
  readonly headers: { readonly Authorization: string };
  readonly params: Readonly<Record<string, unknown>>;
  readonly expires_at: string;
}

/**
 * The gatekeeper's answers: a token for a shape, and what goes with it. `url`, `headers` and
 * `params` spread into `new ShapeStream(…)`; the copies at the top level keep older clients
 * working.
 *
 * Tokens are stable: the same user and shape get the same bytes for half a token's life, since
 * browsers cache a shape under its token (`Vary: Authorization`). A token therefore lives at least
 * half its life from when it is given out. After a revocation there are others. ES256 signatures differ each time, so tokens are kept
 * as well; with HS256 and EdDSA several gatekeepers agree, too.
 */
export function createMint(config: Signing): Mint {
  const { signing, token: { issuer, audience }, tokenTtl, shapeUrl } = config;
  const kept = new Map<string, Promise<string>>();

  function sign(shape: Shape, claims: JWTPayload, id: string): Promise<string> {
    const token = kept.get(id) ?? signShape(shape, signing, claims);
    kept.delete(id);
    kept.set(id, token);
    const oldest = kept.size > KEPT ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return token;
  }

  return async (shape, user, now, notBefore = -Infinity) => {
    const who = [user?.id ?? null, toClaim(shape)];
    const window = Math.max(1, Math.floor(tokenTtl / 2));
    // Windows begin at another second for each, or all clients of all users would renew at once.
    const shift = firstNumber(await digest(who)) % window;
    const issuedAt = Math.max(notBefore, now - (now - shift) % window);
    const id = await digest([who, issuedAt]);
    const claims = {
      iss: issuer ?? ISSUER,
      ...(audience !== undefined && { aud: audience }),
      ...(user !== null && { sub: user.id }),
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + tokenTtl,
      jti: base64url.encode(id.subarray(0, 16)),
    };
    const token = await sign(shape, claims, base64url.encode(id));
    if (token.length > MAX_TOKEN) throw new TokenTooLong(token.length);
    const params = clientParams(shape);
    // `params` is the client's name for all of this, so the values of $1, $2, … stay inside it.
    const { params: _values, ...copies } = params;
    return {
      url: shapeUrl,
      headers: { Authorization: `Bearer ${token}` },
      params,
      ...copies,
      expires_at: new Date(claims.exp * 1000).toISOString().replace(".000Z", "Z"),
    };
  };
}

/** A shape as the official client's `params` take it; keys that the shape lacks are left out. */
function clientParams({ table, where, columns, params, full }: Shape) {
  return {
    table,
    ...(where !== null && { where }),
    ...(columns !== null && { columns }),
    ...(params.length > 0 && { params: Object.fromEntries(params.map((v, i) => [i + 1, v])) }),
    ...(full && { replica: "full" }),
  };
}

async function digest(value: unknown): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

const firstNumber = ({ buffer }: Uint8Array) => new DataView(buffer).getUint32(0);
