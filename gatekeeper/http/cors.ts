import { type Env, optional } from "../../edge/env.ts";
import { ConfigError } from "../../shared/config_error.ts";
import type { Handler } from "../../shared/refusal.ts";

/** Headers of our answers that a page may read; with credentials `*` is no wildcard (Fetch standard, 3.3.3). */
const EXPOSED = "retry-after, www-authenticate";

/** Reads `ALLOWED_ORIGINS`: origins with commas or blanks between them. Throws {@link ConfigError}. */
export function readAllowedOrigins(env: Env): readonly string[] {
  const origins = optional(env, "ALLOWED_ORIGINS")?.split(/[\s,]+/).filter(Boolean) ?? [];
  for (const origin of origins) {
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin &&
      !origin.includes("*");
    if (isOrigin) continue;
    throw new ConfigError("ALLOWED_ORIGINS must be origins such as https://app.example, no paths.");
  }
  return origins;
}

/**
 * Lets pages of these origins send their cookies, and no others read an answer. Without any, all
 * origins may ask, without cookies, as the handler itself answers.
 */
export function allowOrigins(origins: readonly string[], handler: Handler): Handler {
  if (origins.length === 0) return handler;
  return async (request) => {
    const { headers } = request;
    const response = await handler(request);
    const { body, status } = response;
    const answer = new Response(body, { status, headers: new Headers(response.headers) });
    answer.headers.delete("access-control-allow-origin");
    answer.headers.append("vary", "Origin");
    const origin = headers.get("origin") ?? "";
    if (!origins.includes(origin)) return answer;
    answer.headers.set("access-control-allow-origin", origin);
    answer.headers.set("access-control-allow-credentials", "true");
    answer.headers.set("access-control-expose-headers", EXPOSED);
    const asked = headers.get("access-control-request-headers");
    if (request.method === "OPTIONS" && asked !== null) {
      answer.headers.set("access-control-allow-headers", asked);
    }
    return answer;
  };
}
