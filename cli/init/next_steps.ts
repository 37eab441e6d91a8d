import type { ProjectKind } from "./templates/projects.ts";

/** Where `dev` has its Postgres. */
const DEV = "postgresql://postgres:password@localhost:54321/electric";

/** What to do after `init`, by the kind of project. */
export const NEXT_STEPS: Readonly<Record<ProjectKind, readonly string[]>> = {
  supabase: [
    "Say who may sync what in supabase/functions/gatekeeper/policies.ts.",
    "npx electric-gatekeeper dev    # with your migrations and seed, in a Postgres of its own",
    `npx electric-gatekeeper check --database ${DEV}    # while it runs`,
    "To deploy: cp supabase/functions/.env.example supabase/functions/.env, fill it in (never commit it), then",
    "npx supabase secrets set --env-file supabase/functions/.env && npx supabase functions deploy --use-api",
  ],
  node: [
    "npm install electric-gatekeeper    # for the policy rls, also: libpg-query pgsql-deparser; for named shapes: zod",
    "Say who may sync what in electric/policies.ts.",
    "cp electric/.env.example electric/.env, and fill it in; never commit it.",
    'psql "$DATABASE_URL" -f electric/revocations.sql    # if tokens are to be revocable',
    "npx electric-gatekeeper check --database <url>",
    "node --env-file=electric/.env electric/gatekeeper.ts    # Node before 22.18: --experimental-strip-types",
    "node --env-file=electric/.env electric/edge.ts",
  ],
  deno: [
    "Say who may sync what in electric/policies.ts.",
    "cp electric/.env.example electric/.env, and fill it in; never commit it.",
    'psql "$DATABASE_URL" -f electric/revocations.sql    # if tokens are to be revocable',
    "deno run -A npm:electric-gatekeeper check --database <url>",
    "deno serve -NER -c electric/deno.json --env-file=electric/.env --port 4000 electric/gatekeeper.ts",
    "deno serve -NE -c electric/deno.json --env-file=electric/.env --port 8000 electric/edge.ts",
  ],
  worker: [
    "npm install electric-gatekeeper",
    "cp electric/.dev.vars.example electric/.dev.vars, and fill it in; never commit it.",
    "npx wrangler dev --config electric/wrangler.toml",
    "npx wrangler secret put AUTH_SECRET --config electric/wrangler.toml    # and the others, one by one",
    "npx wrangler deploy --config electric/wrangler.toml",
    "The gatekeeper, which signs the tokens, runs elsewhere: init --supabase, --node or --deno.",
  ],
};
