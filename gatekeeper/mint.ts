import { signShape } from "../shared/claims.ts";
import { formatRelation } from "../shared/identifier.ts";
import type { Shape } from "../shared/shape.ts";
import type { GatekeeperConfig } from "./config.ts";

/** A shape as the official client's `params` take it; keys that the shape lacks are left out. */
function clientParams({ relation, where, columns, params, replica }: Shape) {
  return {
    table: formatRelation(relation),
    ...(where !== null && { where }),
    ...(columns !== null && { columns }),
    ...(params.length > 0 && { params: Object.fromEntries(params.map((v, i) => [i + 1, v])) }),
    ...(replica !== null && { replica }),
  };
}

/**
 * The gatekeeper's answer: a token for a shape, and what goes with it. `url`, `headers` and
 * `params` spread into `new ShapeStream(…)`; the copies at the top level keep older clients
 * working. `issuedAt` in seconds since the epoch.
 */
export async function mint(shape: Shape, config: GatekeeperConfig, issuedAt: number) {
  const expiresAt = issuedAt + config.tokenTtl;
  const token = await signShape(shape, config.keys.signing, {
    iss: config.issuer ?? "gatekeeper",
    ...(config.audience !== undefined && { aud: config.audience }),
    iat: issuedAt,
    nbf: issuedAt,
    exp: expiresAt,
    jti: crypto.randomUUID(),
  });
  const params = clientParams(shape);
  // `params` is the client's name for all of this, so the values of $1, $2, … stay inside it.
  const { params: _values, ...copies } = params;
  return {
    url: config.shapeUrl,
    headers: { Authorization: `Bearer ${token}` },
    params,
    ...copies,
    expires_at: new Date(expiresAt * 1000).toISOString().replace(".000Z", "Z"),
  };
}
