/** What the gatekeeper grants: where to sync from, what, and the token to sync with. */
export interface Grant {
  /** Of the proxy. */
  readonly url: string;
  readonly authorization: string;
  /** The signed shape, as the parameters of a request. */
  readonly params: readonly (readonly [name: string, value: string])[];
  /** Milliseconds since the epoch; NaN where the answer doesn't say. */
  readonly expiresAt: number;
}

/** Reads what the gatekeeper answers; `undefined` when that isn't a grant. */
export function readGrant(answer: unknown): Grant | undefined {
  const { url, headers, params, expires_at } = recordOf(answer);
  const { Authorization: authorization } = recordOf(headers);
  if (typeof url !== "string" || typeof authorization !== "string") return undefined;
  return {
    url,
    authorization,
    params: Object.entries(recordOf(params)).flatMap(toQuery),
    expiresAt: Date.parse(String(expires_at)),
  };
}

/** Writes a part of a shape as the official client does. */
function toQuery([name, value]: [string, unknown]): [name: string, value: string][] {
  if (Array.isArray(value)) {
    return [[name, value.map((column) => `"${String(column).replaceAll('"', '""')}"`).join()]];
  }
  if (typeof value === "string") return [[name, value]];
  return Object.entries(recordOf(value)).map((
    [number, text],
  ) => [`${name}[${number}]`, String(text)]);
}

/** The fields of what somebody else wrote; none where that isn't an object. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" ? { ...value } : {};
}
