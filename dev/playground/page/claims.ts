/** A token's parts as they are: nobody has verified them here. */
export interface Decoded {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>> & {
    readonly exp?: number;
    readonly sub?: string;
  };
}

/** Reads what a token says (RFC 7519). */
export function decode(token: string): Decoded {
  const [header = "", claims = ""] = token.split(".");
  return { header: JSON.parse(fromBase64(header)), claims: JSON.parse(fromBase64(claims)) };
}

function fromBase64(text: string): string {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
}

function toBase64(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const encode = (value: unknown) => toBase64(new TextEncoder().encode(JSON.stringify(value)));

/** Writes a token with a signature that isn't made for it. */
export function withSignature({ header, claims }: Decoded, signature: string): string {
  return `${encode(header)}.${encode(claims)}.${signature}`;
}

/** Signs a token with HS256 and a secret of one's own. */
export async function sign(decoded: Decoded, secret: string): Promise<string> {
  const text = `${encode(decoded.header)}.${encode(decoded.claims)}`;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), algorithm, false, [
    "sign",
  ]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes.encode(text));
  return `${text}.${toBase64(new Uint8Array(signature))}`;
}

/** Seconds as `1:59:07`, or `0:07`. */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (n: number) => `${n}`.padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
