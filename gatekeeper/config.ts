import type { JWK } from "jose";
import { type ProxyConfig, readProxyConfig } from "../edge/config.ts";
import { type Env, optional, readNumber, readSwitch, readUrl } from "../edge/env.ts";
import { LONGEST_LIFE } from "../shared/revocations.ts";
import { readAllowedOrigins } from "./http/cors.ts";
import { type Paths, pathsBelow } from "./http/paths.ts";
import { readGatekeeperKeys } from "./tokens/keys.ts";
import type { SigningKey } from "./tokens/sign.ts";
import type { UserIssuer } from "./users/authenticate.ts";
import { type ProjectKeys, readProjectKeys } from "./users/project_keys.ts";
import { readUserIssuers } from "./users/user_issuers.ts";

/** What the gatekeeper is configured with. */
export interface GatekeeperConfig extends ProxyConfig {
  readonly paths: Paths;
  /** Whose access tokens are good; none means that all users are anonymous. */
  readonly users: readonly UserIssuer[];
  readonly projectKeys: ProjectKeys;
  /** Whose pages may send cookies; none: everyone's may ask, without. */
  readonly allowedOrigins: readonly string[];
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

/** What isn't a variable. */
export interface Mounting {
  readonly basePath?: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** Reads the gatekeeper's configuration; throws {@link ConfigError}. */
export async function readGatekeeperConfig(
  env: Env,
  { basePath = "", fetch = globalThis.fetch }: Mounting = {},
): Promise<GatekeeperConfig> {
  const { signing, verifying, published } = await readGatekeeperKeys(env);
  return {
    ...readProxyConfig(env, verifying),
    paths: pathsBelow(basePath, env),
    signing,
    published,
    users: readUserIssuers(env, fetch),
    projectKeys: readProjectKeys(env),
    allowedOrigins: readAllowedOrigins(env),
    shapeUrl: readShapeUrl(env, basePath),
    proxyChecksHandles: readSwitch(env, "ELECTRIC_PROXY_CHECKS_HANDLES", 1),
    tokenTtl: readNumber(env, "AUTH_TOKEN_TTL", 7200, 1, LONGEST_LIFE),
  };
}

function readShapeUrl(env: Env, basePath: string): string {
  const ownProxy = () => {
    const port = readNumber(env, "PORT", 4000, 0, 65535);
    return `http://localhost:${port}${basePath}/proxy`;
  };
  const base = optional(env, "ELECTRIC_PROXY_URL") ?? ownProxy();
  return `${readUrl("ELECTRIC_PROXY_URL", base)}/v1/shape`;
}
