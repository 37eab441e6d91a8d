import assert from "node:assert/strict";
import { relative } from "node:path";
import { ROOT } from "../support/process.ts";

/** Folders of what is deployed, in the order of who may import whom. */
const FOLDERS = ["shared", "edge", "gatekeeper"];

/** Each module of a folder, by its path, with the paths of our own modules that it imports. */
async function modulesOf(folder: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) { for (const entry of await modulesOf(path)) found.set(...entry); }
    else if (/\.ts$/.test(name) && !/_test\.ts$/.test(name)) {
      const text = await Deno.readTextFile(`${ROOT}/${path}`);
      const imports = text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
      const target = (to = "") => relative(ROOT, `${ROOT}/${folder}/${to}`);
      found.set(path, [...imports].map(([, to]) => target(to)));
    }
  }
  return found;
}

async function allModules(): Promise<Map<string, string[]>> {
  const all = await Promise.all(FOLDERS.map(modulesOf));
  return new Map(all.flatMap((modules) => [...modules]));
}

/** The first circle of imports, as the paths along it. */
function circle(modules: ReadonlyMap<string, string[]>): string[] | null {
  const sound = new Set<string>();
  const walk = (path: string, way: readonly string[]): string[] | null => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (sound.has(path)) return null;
    for (const next of modules.get(path) ?? []) {
      const found = walk(next, [...way, path]);
      if (found !== null) return found;
    }
    sound.add(path);
    return null;
  };
  for (const path of modules.keys()) {
    const found = walk(path, []);
    if (found !== null) return found;
  }
  return null;
}

Deno.test("no module imports itself by way of others", async () => {
  assert.deepEqual(circle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b", "c", "b"]);
  const modules = await allModules();
  assert(modules.get("edge/handler.ts")?.includes("edge/proxy.ts"));
  assert.equal(circle(modules), null);
});

Deno.test("a folder imports only those before it", async () => {
  for (const [path, imports] of await allModules()) {
    const rank = FOLDERS.indexOf(path.split("/")[0] ?? "");
    for (const other of imports) {
      const isBefore = FOLDERS.slice(0, rank + 1).includes(other.split("/")[0] ?? "");
      assert(isBefore, `${path} imports ${other}`);
    }
  }
});

Deno.test("shared/ names no runtime's globals, and edge/ only where runtimes differ", async () => {
  for (const path of (await allModules()).keys()) {
    if (!/^(shared\/|edge\/(?!runtimes\/))/.test(path)) continue;
    const text = await Deno.readTextFile(`${ROOT}/${path}`);
    const code = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, /\b(Deno|process|Bun|EdgeRuntime)\b\s*(\.|\[|\?\.)/, path);
    assert.doesNotMatch(code, /"node:/, path);
  }
});
