import { type CryptoKey, type JWTPayload, SignJWT } from "jose";
import { formatName } from "../../shared/identifier.ts";
import type { Shape, ShapeFields } from "../../shared/shape.ts";

/** The key that signs new tokens. */
export interface SigningKey {
  readonly header: { readonly alg: "HS256" | "ES256" | "EdDSA"; readonly kid?: string };
  readonly key: Uint8Array | CryptoKey;
}

/** Signs a shape into a JWT (RFC 7519, JWS compact); `claims` are those besides the shape. */
export function signShape(shape: Shape, { header, key }: SigningKey, claims: JWTPayload) {
  const jwt = new SignJWT({ ...claims, shape: toClaim(shape) });
  return jwt.setProtectedHeader({ ...header, typ: "JWT" }).sign(key);
}

/** What a token holds (the design's "The token"); {@link readShape} reads the same shape back. */
export function toClaim(shape: Shape): ShapeFields {
  const { namespace, name, where, columns, params, full, queryable } = shape;
  return {
    namespace: namespace === "public" ? null : formatName(namespace),
    table: formatName(name),
    where,
    columns: columns && columns.map(formatName),
    params: params.length > 0 ? Object.fromEntries(params.map((v, i) => [i + 1, v])) : null,
    replica: full ? "full" : null,
    ...(queryable !== columns && { queryable_columns: queryable?.map(formatName) }),
  };
}
