import type { TemplateFile } from "./template.ts";

/** An example of an environment, at a path; an existing one only lacks variables. */
export function envTemplate(path: string, text: string): TemplateFile {
  return {
    path,
    text,
    amend: (existing) => withMissing(existing, text),
    advice: "it stays as it is: add the lines that it lacks.",
  };
}

/** A variable's line, in a comment or not. */
const VARIABLE = /^#? ?([A-Z][A-Z0-9_]*)=/;

/** An existing file with the variables, and the comments before them, that it doesn't name. */
function withMissing(existing: string, text: string): string {
  const known = variablesOf(existing);
  const missing = blocksOf(text).filter((block) =>
    variablesOf(block).some((name) => !known.includes(name))
  );
  if (missing.length === 0) return existing;
  const end = existing === "" || existing.endsWith("\n") ? "" : "\n";
  return existing + end + missing.join("");
}

function variablesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => VARIABLE.exec(line)?.[1] ?? []);
}

/** Comments with the variables that follow them; what stands before the first blank line is the head. */
function blocksOf(text: string): string[] {
  const body = text.slice(text.indexOf("\n\n") + 2);
  return body.match(/(?:#(?! ?[A-Z][A-Z0-9_]*=).*\n)*(?:#? ?[A-Z][A-Z0-9_]*=.*\n)+/g) ?? [];
}

const BOTH = `# At least 32 random bytes, the same for both: openssl rand -base64 32
AUTH_SECRET=
# Electric, or the CDN in front of it.
ELECTRIC_URL=http://localhost:3000
# What Electric itself was given, or an Electric Cloud source's id and secret.
ELECTRIC_SECRET=
ELECTRIC_SOURCE_ID=
`;

/** For a gatekeeper and an edge on servers of one's own. */
export const SERVERS_ENV = `# Copy to electric/.env, which the commands in electric/ read.

${BOTH}# Where clients reach the edge.
ELECTRIC_PROXY_URL=http://localhost:8000
# Where the edge learns which tokens are revoked, once electric/revocations.sql is applied.
# AUTH_REVOCATIONS_URL=http://localhost:4000/.well-known/revocations
# Postgres, for the gatekeeper.
DATABASE_URL=postgresql://user:password@localhost:5432/name
# Who signs people in: Supabase Auth,
# SUPABASE_URL=https://<project>.supabase.co
# or any OpenID provider. Without one, every access token is a 401: only who sends none gets in.
# USER_JWKS_URL=
# USER_ISSUER=
# USER_AUDIENCE=
`;

/** For an edge on Workers. */
export const WORKER_ENV =
  `# Copy to electric/.dev.vars, which \`wrangler dev\` reads. Once deployed, \`wrangler secret put <name>\`.

${
    BOTH.replace("the same for both", "the same as the gatekeeper's")
  }# Where it learns which tokens are revoked.
# AUTH_REVOCATIONS_URL=https://<gatekeeper>/.well-known/revocations
`;

/** For functions on Supabase. */
export const SUPABASE_ENV =
  `# Copy to supabase/functions/.env, which \`supabase start\` and \`functions serve\` read. For a hosted
# project, \`supabase secrets set\` takes the same names.

# At least 32 random bytes, the same for both functions: openssl rand -base64 32
AUTH_SECRET=
# Electric, as seen from the functions; on this machine, http://host.docker.internal:3000.
ELECTRIC_URL=
# What Electric itself was given, or an Electric Cloud source's id and secret.
ELECTRIC_SECRET=
ELECTRIC_SOURCE_ID=
# Where clients reach the edge function, with \`functions serve\`. Hosted, it is known.
# ELECTRIC_PROXY_URL=http://127.0.0.1:54321/functions/v1/edge
# Where the edge function learns which tokens are revoked:
# AUTH_REVOCATIONS_URL=https://<project>.supabase.co/functions/v1/gatekeeper/.well-known/revocations
# Users of the project are known by its JWKS. For one that still signs with its legacy secret:
# JWT_SECRET=
# What Auth signs as \`iss\`, where it isn't <SUPABASE_URL>/auth/v1: a custom domain, or another api port
# of the CLI's (http://127.0.0.1:<port>/auth/v1). The CLI's usual one is known.
# JWT_ISSUER=
`;
