import type { JWK } from "jose";
import { type ProxyConfig, readProxyConfig } from "../shared/config.ts";
import {
  ConfigError,
  type Env,
  optional,
  readAddress,
  readNumber,
  readUrl,
  required,
} from "../shared/env.ts";
import type { UserIssuer } from "./authenticate.ts";
import { readGatekeeperKeys } from "./keys.ts";
import type { SigningKey } from "./sign.ts";
import { type ProjectKeys, readProjectKeys } from "./project_keys.ts";
import { readUserIssuers } from "./user_issuers.ts";

/** What the gatekeeper is configured with. */
export interface GatekeeperConfig extends ProxyConfig {
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Whose access tokens are good; none means that all users are anonymous. */
  readonly users: readonly UserIssuer[];
  readonly projectKeys: ProjectKeys;
  readonly signing: SigningKey;
  /** Public keys, for verifiers to fetch. */
  readonly published: readonly JWK[];
  /** `url` of the answers: where clients send their shape requests. */
  readonly shapeUrl: string;
  /** Whether the proxy that clients use sends a handle upstream only for its own shape; Caddy can't. */
  readonly proxyChecksHandles: boolean;
  /** Seconds that a token lives. */
  readonly tokenTtl: number;
}

/** Reads the gatekeeper's configuration; throws {@link ConfigError}. */
export async function readGatekeeperConfig(env: Env): Promise<GatekeeperConfig> {
  const { signing, verifying, published } = await readGatekeeperKeys(env);
  const { host, port } = readAddress(env, 4000);
  const base = optional(env, "ELECTRIC_PROXY_URL") ?? `http://localhost:${port}/proxy`;
  return {
    ...readProxyConfig(env, verifying),
    signing,
    published,
    host,
    port,
    databaseUrl: readDatabaseUrl(env),
    users: readUserIssuers(env),
    projectKeys: readProjectKeys(env),
    shapeUrl: `${readUrl("ELECTRIC_PROXY_URL", base)}/v1/shape`,
    proxyChecksHandles: readNumber(env, "ELECTRIC_PROXY_CHECKS_HANDLES", 1, 0, 1) === 1,
    tokenTtl: readNumber(env, "AUTH_TOKEN_TTL", 7200, 1, 86400),
  };
}

function readDatabaseUrl(env: Env): string {
  const name = optional(env, "DATABASE_URL") ? "DATABASE_URL" : "SUPABASE_DB_URL";
  const hint = "Postgres: postgresql://user:password@host:5432/name";
  const url = optional(env, name) ?? required(env, "DATABASE_URL", hint);
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new ConfigError(`${name} must begin with postgresql:// and be a valid URL.`);
  }
  return url;
}
