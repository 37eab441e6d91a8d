import { join } from "node:path";
import type { DevConfig } from "./config.ts";
import { DevError } from "./error.ts";

/** The two servers of a project. */
export type ServerName = "edge" | "gatekeeper";

/** Arguments for Deno that run one of them, behind its permissions. */
export type ServerArgs = Readonly<Record<ServerName, readonly string[]>>;

/** Of a project that isn't this library's own clone. */
const FLAGS = ["--no-lock", "--unstable-no-legacy-abort"];

/**
 * Finds a project's servers where `init` puts them: Supabase's functions, or `electric/`, for Deno or for
 * Node, whose files listen by themselves.
 *
 * @throws {DevError} `no_servers` when there are none.
 */
export function findServers({ root, library }: DevConfig): ServerArgs {
  const serve = join(library, "cli", "serve.ts");
  const ofFunction = (name: ServerName) => {
    const folder = join(root, "supabase", "functions", name);
    const config = root === library ? [] : [...FLAGS, "--config", join(folder, "deno.json")];
    return [...config, serve, join(folder, "index.ts")];
  };
  const ofDeno = (name: ServerName) => [
    ...FLAGS,
    "--config",
    join(root, "electric", "deno.json"),
    serve,
    join(root, "electric", `${name}.ts`),
  ];
  const ofNode = (name: ServerName) => [
    ...FLAGS,
    "--allow-sys",
    join(root, "electric", `${name}.ts`),
  ];
  const both = (of: (name: ServerName) => string[]) => ({
    edge: of("edge"),
    gatekeeper: of("gatekeeper"),
  });
  const has = (...path: string[]) => isFile(join(root, ...path));
  if (has("supabase", "functions", "gatekeeper", "index.ts")) return both(ofFunction);
  if (has("electric", "gatekeeper.ts")) {
    return both(has("electric", "deno.json") ? ofDeno : ofNode);
  }
  throw new DevError(
    "no_servers",
    "There is neither supabase/functions/gatekeeper/index.ts here nor electric/gatekeeper.ts: run " +
      "`npx electric-gatekeeper init` first, or start in the project's own folder.",
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
