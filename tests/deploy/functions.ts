import { dirname } from "node:path";
import { freePort } from "../support/free_port.ts";
import { startProcess, type TestProcess } from "../support/process.ts";
import type { Deployed } from "./management_api.ts";

/** Writes an upload's files into a folder. */
export async function unpack({ files }: Deployed, folder: string): Promise<void> {
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
}

/** A function on a Deno of its own, with the import map as config.toml gives it. */
export async function serveFunction(
  slug: string,
  deno: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  health: string,
  permissions = "-NE",
): Promise<TestProcess & { readonly url: string }> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const source = `supabase/functions/${slug}`;
  const args = ["--no-config", "--no-lock", "--import-map", `${source}/deno.json`];
  const process = await startProcess({
    name: slug,
    command: deno,
    args: [
      "serve",
      permissions,
      ...args,
      "--host",
      "127.0.0.1",
      "--port",
      `${port}`,
      `${source}/index.ts`,
    ],
    cwd: folder,
    env,
  }, `${url}${health}`);
  return Object.assign(process, { url });
}

/** The files below `root/` that a module needs, itself included, by their paths in there. */
export async function needed(root: string, entry: string, importMap: string): Promise<string[]> {
  const args = ["info", "--json", "--no-lock", "--import-map", importMap, entry];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const locals: string[] = modules.map(({ local }: { local?: string }) => local ?? "");
  return locals.filter((path) => path.startsWith(root)).map((path) => path.slice(root.length));
}
