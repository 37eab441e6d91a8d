import { readdir, readFile, stat } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { Refusal } from "../../shared/refusal.ts";

const PAGE = new URL("page/", import.meta.url);

/** Browser builds of packages, by the name that the page's modules import them by. */
const PACKAGES: Readonly<Record<string, string>> = {
  "preact": "preact.mjs",
  "preact/hooks": "hooks.mjs",
  "htm": "htm.module.js",
  "@electric-sql/client": "index.browser.mjs",
};

const pathOf = (name: string) => `/playground/packages/${encodeURIComponent(name)}.js`;

/** Something that a browser may load. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

/** Files as they were read, until they change: taking types out takes a while. */
const known = new Map<string, PageFile & { readonly changed: number }>();

/**
 * Reads one of the page's files: a module with its types taken out, a package from `node_modules`, the
 * style or the document. Nothing is bundled, so nothing has to be built, and a change shows on reload.
 * Throws a 404 {@link Refusal}.
 */
export async function readPageFile(path: string): Promise<PageFile> {
  if (path === "/") return { type: "text/html; charset=utf-8", text: await readDocument() };
  const url = fileOf(path);
  const { mtimeMs: changed } = await stat(url).catch(() => {
    throw notFound();
  });
  const before = known.get(path);
  if (before?.changed === changed) return before;
  const file = { changed, ...convert(url.pathname, await readFile(url, "utf8")) };
  known.set(path, file);
  return file;
}

function fileOf(path: string): URL {
  const [, page] = /^\/playground\/page\/(\w+\.(?:ts|css|svg))$/.exec(path) ?? [];
  if (page !== undefined) return new URL(page, PAGE);
  const found = Object.entries(PACKAGES).find(([name]) => pathOf(name) === path);
  if (found === undefined) throw notFound();
  const [name, file] = found;
  // A file beside the one that the package's name stands for.
  return new URL(file, import.meta.resolve(name));
}

function convert(name: string, text: string): PageFile {
  if (name.endsWith(".css")) return { type: "text/css; charset=utf-8", text };
  if (name.endsWith(".svg")) return { type: "image/svg+xml", text };
  const type = "text/javascript; charset=utf-8";
  if (!name.endsWith(".ts")) {
    // Here, a package's map isn't beside it.
    return { type, text: text.replace(/^\/\/# sourceMappingURL=.*$/m, "") };
  }
  return { type, text: stripTypeScriptTypes(text).replace(/[ \t]+$/gm, "") };
}

/** The document, with an import map of the packages, and with all modules named, so that they load at once. */
async function readDocument(): Promise<string> {
  const text = await readFile(new URL("index.html", PAGE), "utf8");
  const names = await readdir(fileURLToPath(PAGE));
  const modules = names
    .filter((name) => /^\w+\.ts$/.test(name) && !name.endsWith("_test.ts"))
    .map((name) => `/playground/page/${name}`);
  const imports = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, pathOf(name)]));
  const links = [...modules, ...Object.values(imports)]
    .map((path) => `<link rel="modulepreload" href="${path}">`);
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  return text.replace("<!-- modules -->", [map, ...links].join("\n    "));
}

const notFound = () => new Refusal(404, "not_found", "The playground has no such file.");
