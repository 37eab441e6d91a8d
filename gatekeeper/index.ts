import { ConfigError } from "../shared/config.ts";
import { fetchByHttp1 as fetch } from "../shared/proxy.ts";
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

const log = (line: string) => console.error(`gatekeeper: ${line}`);

/** The environment, with what Supabase gives each function under names of its own. */
function env(name: string): string | undefined {
  const value = Deno.env.get(name);
  if (value) return value;
  // The CLI refuses secrets whose names begin with SUPABASE_.
  if (name === "SUPABASE_JWT_SECRET") return Deno.env.get("JWT_SECRET");
  const project = Deno.env.get("SUPABASE_URL");
  return name === "ELECTRIC_PROXY_URL" && project ? `${project}/functions/v1/edge` : undefined;
}

/** The gatekeeper as a Supabase function. Migrations are `supabase db push`'s to apply. */
async function start(): Promise<Handler> {
  try {
    const config = await readGatekeeperConfig(env);
    const database = connect(config.databaseUrl, POOL);
    const surroundings = { fetch, runtime: Deno.version.deno, log };
    const gatekeeper = createGatekeeper(config, policies, database, surroundings);
    return (request) => {
      const [, origin = "", path = ""] = UNDER_NAME.exec(request.url) ?? [];
      if (path === "") return gatekeeper(request);
      const { length } = `${origin}/gatekeeper${path}`;
      return gatekeeper(new Request(origin + path + request.url.slice(length), request));
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log(error.message);
    Deno.exit(1);
  }
}

export default { fetch: await start() };
