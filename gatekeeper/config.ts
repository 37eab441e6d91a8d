import {
  ConfigError,
  type Env,
  optional,
  type ProxyConfig,
  readNumber,
  readProxyConfig,
  readUrl,
  required,
} from "../shared/config.ts";
import type { GatekeeperKeys } from "./keys.ts";
import { readGatekeeperKeys } from "./keys.ts";

/** What the gatekeeper is configured with. */
export interface GatekeeperConfig extends ProxyConfig {
  readonly port: number;
  readonly databaseUrl: string;
  readonly keys: GatekeeperKeys;
  /** `url` of the answers: where clients send their shape requests. */
  readonly shapeUrl: string;
  /** Seconds that a token lives. */
  readonly tokenTtl: number;
}

/** Reads the gatekeeper's configuration; throws {@link ConfigError}. */
export async function readGatekeeperConfig(env: Env): Promise<GatekeeperConfig> {
  const port = readNumber(env, "PORT", 4000, 0, 65535);
  const base = optional(env, "ELECTRIC_PROXY_URL") ?? `http://localhost:${port}/proxy`;
  requireAnonymous(env);
  return {
    ...readProxyConfig(env),
    keys: await readGatekeeperKeys(env),
    port,
    databaseUrl: readDatabaseUrl(env),
    shapeUrl: `${readUrl("ELECTRIC_PROXY_URL", base)}/v1/shape`,
    tokenTtl: readNumber(env, "AUTH_TOKEN_TTL", 7200, 1, 86400),
  };
}

function readDatabaseUrl(env: Env): string {
  const url = required(env, "DATABASE_URL", "Postgres: postgresql://user:password@host:5432/name");
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new ConfigError("DATABASE_URL must begin with postgresql:// and be a valid URL.");
  }
  return url;
}

function requireAnonymous(env: Env): void {
  if (optional(env, "ALLOW_ANONYMOUS") !== "true") {
    throw new ConfigError(
      "ALLOW_ANONYMOUS is not true: there are no users or policies yet, so a token could go to " +
        "anyone for anything. Set ALLOW_ANONYMOUS=true where that is fine, as in development.",
    );
  }
}
