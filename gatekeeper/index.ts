import { createSurroundings, env as ofRuntime, giveUp } from "../edge/runtimes/deno.ts";
import { ConfigError } from "../shared/env.ts";
import type { Handler } from "../shared/refusal.ts";
import { readGatekeeperConfig } from "./config.ts";
import { connect } from "./database.ts";
import { createGatekeeper } from "./handler.ts";
import { policies } from "./policies.ts";

/** Supabase may run many workers on one database, so each takes little and gives it back soon. */
const POOL = { max: 2, idle_timeout: 3 };

/** Routes that Supabase calls with the function's name before them, besides `/gatekeeper/:table`. */
const UNDER_NAME =
  /^([^:]+:\/\/[^/]+)\/gatekeeper(\/(?:proxy\/v1\/shape|\.well-known\/jwks\.json))(?=\?|$)/;

const around = createSurroundings("gatekeeper");

/** The environment, with what Supabase gives each function under names of its own. */
function env(name: string): string | undefined {
  const value = ofRuntime(name);
  if (value) return value;
  // The CLI refuses secrets whose names begin with SUPABASE_.
  if (name === "SUPABASE_JWT_SECRET") return ofRuntime("JWT_SECRET");
  if (name === "SUPABASE_JWT_ISSUER") return ofRuntime("JWT_ISSUER");
  const project = ofRuntime("SUPABASE_URL");
  return name === "ELECTRIC_PROXY_URL" && project ? `${project}/functions/v1/edge` : undefined;
}

/** The gatekeeper as a Supabase function. Migrations are `supabase db push`'s to apply. */
async function start(): Promise<Handler> {
  try {
    const config = await readGatekeeperConfig(env);
    const database = connect(config.databaseUrl, POOL);
    const gatekeeper = createGatekeeper(config, policies, database, around);
    return (request) => {
      const [, origin = "", path = ""] = UNDER_NAME.exec(request.url) ?? [];
      if (path === "") return gatekeeper(request);
      const { length } = `${origin}/gatekeeper${path}`;
      return gatekeeper(new Request(origin + path + request.url.slice(length), request));
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return giveUp(error.message, around.log);
  }
}

export default { fetch: await start() };
