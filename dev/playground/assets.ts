import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type PageFile, readPageFile } from "./page_files.ts";

/** A file's bytes, compressed, and its name by what it holds; made once for each. */
const packed = new WeakMap<PageFile, { readonly bytes: Uint8Array<ArrayBuffer>; etag: string }>();

/**
 * Serves one of the page's files, compressed, and to be asked for again each time. `connects`: origins
 * that the page asks besides its own. Throws a 404 {@link Refusal}.
 */
export async function serveAsset(
  request: Request,
  path: string,
  connects: readonly string[],
): Promise<Response> {
  const file = await readPageFile(path);
  const { bytes, etag } = pack(file);
  const headers = {
    "content-type": file.type,
    "cache-control": "no-cache",
    vary: "accept-encoding",
    etag,
    ...(path === "/" && { "content-security-policy": policyOf(file.text, connects) }),
  };
  if (request.headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers });
  }
  const takesGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  if (!takesGzip) return new Response(file.text, { headers });
  return new Response(bytes, { headers: { ...headers, "content-encoding": "gzip" } });
}

function pack(file: PageFile) {
  const before = packed.get(file);
  if (before !== undefined) return before;
  const hash = createHash("sha256").update(file.text).digest("base64url");
  const made = { bytes: Uint8Array.from(gzipSync(file.text)), etag: `"${hash.slice(0, 22)}"` };
  packed.set(file, made);
  return made;
}

/** Only what is ours may run, and only we and those that it syncs from may be asked. */
function policyOf(document: string, connects: readonly string[]): string {
  const [, map = ""] = /<script type="importmap">(.*?)<\/script>/.exec(document) ?? [];
  const hash = createHash("sha256").update(map).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${connects.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
