import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ROOT } from "../support/process.ts";
import { writeProject } from "./project.ts";
import type { Page } from "./readme.ts";

/** In place of `@tanstack/react-router`, see `stand_ins/`; Node takes no types from a package. */
const REACT_ROUTER = "export const createFileRoute = (path) => (options) => ({ path, options });\n";

/** Serves a route's file as Next.js or TanStack Start does: by the method, on Node. */
export const SERVE_ROUTE = "serve_route.mjs";
const SERVE_ROUTE_CODE = `import { createServer } from "node:http";
import { toNodeListener } from "electric-gatekeeper/node";
const route = await import(new URL(process.argv[2], import.meta.url));
const fetch = (request) => route.Route
  ? route.Route.options.server.handlers.ANY({ request })
  : route[request.method](request);
createServer(toNodeListener({ fetch })).listen(Number(process.env.PORT));
`;

/** Builds the package as `deno task package` does; throws with what that said. */
export async function buildPackage(): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: ["task", "package"], cwd: ROOT });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`deno task package: ${new TextDecoder().decode(stderr)}`);
}

/** Writes a page's code into a folder where Node and Bun find the packages, the built one among them. */
export async function writeNodeProject(page: Page, folder: string): Promise<void> {
  const names = await writeProject(page, folder);
  for (const name of names) await edit(join(folder, name), name);
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, SERVE_ROUTE), SERVE_ROUTE_CODE);
  await linkPackages(join(folder, "node_modules"));
}

/** What a framework's build would do, and ports of the test's choice. */
async function edit(path: string, name: string): Promise<void> {
  const up = "../".repeat(name.split("/").length - 1) || "./";
  const text = await readFile(path, "utf8");
  const edited = text.replace(`"@/policies"`, `"${up}policies.ts"`)
    .replace(/\.listen\(\d+\)/, ".listen(Number(process.env.PORT))")
    .replace(/port: \d+/, "port: Number(process.env.PORT)");
  await writeFile(path, edited);
}

async function linkPackages(modules: string): Promise<void> {
  const from = join(ROOT, "tests", "node_modules");
  await mkdir(modules);
  for (const name of await readdir(from)) {
    if (name.startsWith(".") || name === "@tanstack") continue;
    await symlink(join(from, name), join(modules, name), "dir");
  }
  // A copy, so that it finds its packages here, as where it is installed.
  await cp(join(ROOT, "dist", "npm"), join(modules, "electric-gatekeeper"), { recursive: true });
  const router = join(modules, "@tanstack", "react-router", "index.js");
  await mkdir(dirname(router), { recursive: true });
  await writeFile(router, REACT_ROUTER);
  const manifest = JSON.stringify({ type: "module", exports: "./index.js" });
  await writeFile(join(dirname(router), "package.json"), manifest);
}
