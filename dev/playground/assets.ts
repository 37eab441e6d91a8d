import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Refusal } from "../../shared/refusal.ts";

const PAGE = new URL("page/", import.meta.url);

/** Browser builds of packages, by the name that the page's modules import them by. */
const PACKAGES: Readonly<Record<string, () => URL>> = {
  "preact": () => packageFile("preact", "preact.mjs"),
  "preact/hooks": () => packageFile("preact/hooks", "hooks.mjs"),
  "htm": () => packageFile("htm", "htm.module.js"),
  "@electric-sql/client": () => packageFile("@electric-sql/client", "index.browser.mjs"),
};

/** A file beside the one that a package's name stands for. */
function packageFile(name: string, file: string): URL {
  return new URL(file, import.meta.resolve(name));
}

const pathOf = (name: string) => `/playground/packages/${encodeURIComponent(name)}.js`;

/** Something that a browser may load. */
interface Asset {
  readonly type: string;
  readonly text: string;
}

/**
 * Gives the page's files: its modules with their types taken out, packages from `node_modules`, style
 * and document. Nothing is bundled, so nothing has to be built; each is read when it is asked for, so
 * that a change shows on reload. Throws a 404 {@link Refusal}.
 *
 * `connects`: origins that the page asks besides its own.
 */
export async function serveAsset(
  request: Request,
  path: string,
  connects: readonly string[],
): Promise<Response> {
  const { type, text } = await readAsset(path);
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const headers = {
    "content-type": type,
    "cache-control": "no-cache",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    vary: "accept-encoding",
    etag,
    ...(path === "/" && { "content-security-policy": policyOf(text, connects) }),
  };
  if (request.headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers });
  }
  const takesGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  if (!takesGzip) return new Response(text, { headers });
  return new Response(Uint8Array.from(gzipSync(text)), {
    headers: { ...headers, "content-encoding": "gzip" },
  });
}

async function readAsset(path: string): Promise<Asset> {
  if (path === "/") return { type: "text/html; charset=utf-8", text: await readDocument() };
  const [, page] = /^\/playground\/page\/(\w+\.(?:ts|css|svg))$/.exec(path) ?? [];
  if (page !== undefined) return await readPage(page);
  const name = Object.keys(PACKAGES).find((name) => pathOf(name) === path);
  const found = PACKAGES[name ?? ""];
  if (found === undefined) throw notFound();
  return script(await readFile(found(), "utf8"));
}

async function readPage(name: string): Promise<Asset> {
  const text = await readFile(new URL(name, PAGE), "utf8").catch(() => {
    throw notFound();
  });
  if (name.endsWith(".css")) return { type: "text/css; charset=utf-8", text };
  if (name.endsWith(".svg")) return { type: "image/svg+xml", text };
  return script(stripTypeScriptTypes(text).replace(/[ \t]+$/gm, ""));
}

const script = (text: string): Asset => ({
  type: "text/javascript; charset=utf-8",
  // Where they stand, no map of theirs is.
  text: text.replace(/^\/\/# sourceMappingURL=.*$/m, ""),
});

/** The document, with an import map of the packages, and with all modules named, so that they load at once. */
async function readDocument(): Promise<string> {
  const text = await readFile(new URL("index.html", PAGE), "utf8");
  const names = await readdir(fileURLToPath(PAGE));
  const modules = names.filter((name) => /^\w+\.ts$/.test(name) && !name.endsWith("_test.ts")).map((
    name,
  ) => `/playground/page/${name}`);
  const imports = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, pathOf(name)]));
  const links = [...modules, ...Object.values(imports)]
    .map((path) => `<link rel="modulepreload" href="${path}">`);
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  return text.replace("<!-- modules -->", [map, ...links].join("\n    "));
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

const notFound = () => new Refusal(404, "not_found", "The playground has no such file.");
