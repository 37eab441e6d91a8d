import { join } from "node:path";
import type { DevConfig } from "./config.ts";
import { Part, type PartOptions } from "./part.ts";
import type { ServerArgs } from "./project_servers.ts";

/** What the parts have to know of each other. */
export interface PartSettings {
  readonly databaseUrl: string;
  readonly electricUrl: string;
  readonly authSecret: string;
  readonly servers: ServerArgs;
  /** Where the gatekeeper listens, behind the playground, which has its port. */
  readonly gatekeeperPort: number;
  /** Signs the access tokens of dev's own users; none when users come from elsewhere. */
  readonly userSecret: string | undefined;
}

/** A part, and the folders of the clone whose code it runs. */
export interface WatchedPart {
  readonly name: string;
  readonly part: Part;
  readonly folders: readonly string[];
}

/**
 * The servers in the order they start: the local sync service unless there is another Electric, the
 * gatekeeper, the edge. Each gets the permissions it needs; what it reads is the clone.
 */
export function makeParts(
  config: DevConfig,
  settings: PartSettings,
  print: PartOptions["print"],
): WatchedPart[] {
  const { root, library, host, ports } = config;
  const reach = reachOf(host);
  const read = [root, library, ...packageFolders()].join();
  const allow = ["--no-prompt", "--allow-net", "--allow-env", `--allow-read=${read}`];
  const tapped = [...allow, "--preload", join(library, "dev/playground/tap.ts")];
  const make = (
    name: string,
    folders: readonly string[],
    healthUrl: string,
    args: readonly string[],
    env: Record<string, string>,
  ) => ({
    name,
    folders,
    part: new Part({ name, args, cwd: root, env, healthUrl, print }),
  });
  const sync = make(
    "sync",
    ["dev/sync"],
    `http://localhost:${ports.sync}/v1/health`,
    ["run", ...allow, join(library, "dev/sync/main.ts")],
    { PORT: String(ports.sync), DATABASE_URL: settings.databaseUrl },
  );
  const gatekeeper = make(
    "gatekeeper",
    ["gatekeeper", "shared", "edge", "supabase/functions/gatekeeper", "electric"],
    `http://127.0.0.1:${settings.gatekeeperPort}/health`,
    ["run", ...tapped, ...settings.servers.gatekeeper],
    {
      HOST: "127.0.0.1",
      LOG_REQUESTS: "1",
      PORT: String(settings.gatekeeperPort),
      AUTH_SECRET: settings.authSecret,
      DATABASE_URL: settings.databaseUrl,
      ELECTRIC_PROXY_URL: `http://${reach}:${ports.edge}`,
      ELECTRIC_URL: settings.electricUrl,
      ...(settings.userSecret !== undefined && { SUPABASE_JWT_SECRET: settings.userSecret }),
    },
  );
  const edge = make(
    "edge",
    ["edge", "shared", "supabase/functions/edge", "electric"],
    `http://${reach}:${ports.edge}/health`,
    ["run", ...tapped, ...settings.servers.edge],
    {
      HOST: host,
      LOG_REQUESTS: "1",
      PORT: String(ports.edge),
      AUTH_SECRET: settings.authSecret,
      AUTH_REVOCATIONS_URL: `http://${reach}:${ports.gatekeeper}/.well-known/revocations`,
      ELECTRIC_URL: settings.electricUrl,
    },
  );
  return config.electricUrl === undefined ? [sync, gatekeeper, edge] : [gatekeeper, edge];
}

/** Where the packages are that the gatekeeper reads a file of, besides a clone's own. */
function packageFolders(): string[] {
  const cache = Deno.env.get("DENO_DIR") ?? (Deno.env.get("HOME") ?? "") + "/.cache/deno";
  return [join(cache, "npm")];
}

/** What to call a host that a server listens on. An address that stands for all is none to call. */
export function reachOf(host: string): string {
  return ["127.0.0.1", "0.0.0.0", "::"].includes(host) ? "localhost" : urlHost(host);
}

/** A host as a URL has it. */
function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
