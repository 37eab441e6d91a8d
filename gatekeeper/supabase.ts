import { type Env, optional } from "../edge/env.ts";

/** Whether this runs as a Supabase function: all of them have this variable, and little else does. */
export const isSupabaseFunction = (env: Env) => optional(env, "SUPABASE_DB_URL") !== undefined;

/**
 * The environment of a Supabase function with what we read under names of ours: the CLI refuses
 * secrets whose names begin with `SUPABASE_`, and the edge has its address from the project's.
 */
export function withSupabaseNames(env: Env): Env {
  if (!isSupabaseFunction(env)) return env;
  const others: Readonly<Record<string, string | undefined>> = {
    SUPABASE_JWT_SECRET: optional(env, "JWT_SECRET"),
    SUPABASE_JWT_ISSUER: optional(env, "JWT_ISSUER"),
    ELECTRIC_PROXY_URL: edgeOf(optional(env, "SUPABASE_URL")),
  };
  return (name) => optional(env, name) ?? others[name];
}

function edgeOf(project: string | undefined): string | undefined {
  return project === undefined ? undefined : `${project}/functions/v1/edge`;
}
