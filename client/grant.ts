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
  const { url, headers, params, expires_at } = isRecord(answer) ? answer : {};
  const { Authorization: authorization } = isRecord(headers) ? headers : {};
  if (typeof url !== "string" || typeof authorization !== "string") return undefined;
  return {
    url,
    authorization,
    params: Object.entries(isRecord(params) ? params : {}).flatMap(toQuery),
    expiresAt: Date.parse(String(expires_at)),
  };
}

/** Writes a part of a shape as the official client does. */
function toQuery([name, value]: [string, unknown]): [name: string, value: string][] {
  if (Array.isArray(value)) {
    return [[name, value.map((column) => `"${String(column).replaceAll('"', '""')}"`).join()]];
  }
  if (!isRecord(value)) return [[name, String(value)]];
  return Object.entries(value).map(([number, text]) => [`${name}[${number}]`, String(text)]);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
