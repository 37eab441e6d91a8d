import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";
import { DevError } from "./error.ts";

/** What `deno task dev` runs, and where. */
export interface DevConfig {
  /** Folder of the project: its functions, migrations and data. */
  readonly root: string;
  /** Folder of this library's own code; in a clone, the same. */
  readonly library: string;
  /** Folder that keeps the database, the secret and the lock between runs. */
  readonly data: string;
  /** The same where `DEV_DATA` names it. */
  readonly chosenData: string | undefined;
  /** Address that gatekeeper and edge listen on. What has no guard of its own stays on 127.0.0.1. */
  readonly host: string;
  readonly ports: {
    readonly postgres: number;
    readonly sync: number;
    readonly gatekeeper: number;
    readonly edge: number;
  };
  /** A Postgres to use instead of the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Whether the project's migrations and seed go into {@link DevConfig.databaseUrl}, too. */
  readonly migrates: boolean;
  /** An Electric to use instead of the local sync service. */
  readonly electricUrl: string | undefined;
  /** Secret to sign with, instead of the one kept under {@link DevConfig.data}. */
  readonly authSecret: string | undefined;
  /** Whether `deno task token` makes the users' access tokens, since nothing else is set to. */
  readonly ownUsers: boolean;
}

/**
 * Reads the configuration from the environment: `DATABASE_URL`, `ELECTRIC_URL`, `AUTH_SECRET`, and
 * `DEV_DATA`, `DEV_HOST`, `DEV_POSTGRES_PORT`, `DEV_SYNC_PORT`, `DEV_GATEKEEPER_PORT`, `DEV_EDGE_PORT`.
 *
 * @throws {DevError} `bad_setting`, naming the variable.
 */
export function readDevConfig(
  env: (name: string) => string | undefined,
  { migrates = false } = {},
): DevConfig {
  const library = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
  const root = Deno.cwd();
  const port = (name: string, otherwise: number) => {
    const value = env(name);
    if (!value) return otherwise;
    if (/^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65536) return Number(value);
    throw new DevError("bad_setting", `${name} is no port number: ${value}`);
  };
  const url = (name: string, protocols: readonly string[]) => {
    const value = env(name);
    if (!value) return undefined;
    if (protocols.includes(URL.parse(value)?.protocol ?? "")) return value;
    // The value itself may hold a password.
    throw new DevError(
      "bad_setting",
      `${name} must be a URL that begins with ${protocols.join("// or ")}//`,
    );
  };
  const chosenData = env("DEV_DATA") ? resolve(root, env("DEV_DATA") ?? "") : undefined;
  return {
    root,
    library,
    data: chosenData ?? join(root, ".dev"),
    chosenData,
    host: env("DEV_HOST") || "127.0.0.1",
    ports: {
      postgres: port("DEV_POSTGRES_PORT", 54321),
      sync: port("DEV_SYNC_PORT", 3000),
      gatekeeper: port("DEV_GATEKEEPER_PORT", 4000),
      edge: port("DEV_EDGE_PORT", 8000),
    },
    databaseUrl: url("DATABASE_URL", ["postgresql:", "postgres:"]),
    migrates,
    electricUrl: url("ELECTRIC_URL", ["http:", "https:"]),
    authSecret: env("AUTH_SECRET") || undefined,
    ownUsers: !["SUPABASE_URL", "SUPABASE_JWT_SECRET", "USER_JWKS_URL"].some((name) => env(name)),
  };
}
