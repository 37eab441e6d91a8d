import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Cli, CliError } from "../cli.ts";
import { readArgs } from "../read_args.ts";
import { CONFIG } from "./plan.ts";
import type { ProjectKind } from "./templates/projects.ts";

export const USAGE = `Adds the gatekeeper and the edge to your project.

  npx electric-gatekeeper init [options]

  --supabase         two functions, in a folder with supabase/config.toml; there it is the default
  --node             two servers for Node 22 or newer, in electric/
  --deno             two servers for \`deno serve\`, in electric/
  --worker           the edge for Cloudflare Workers, in electric/
  --database <url>   look for tables in this Postgres, instead of in supabase/migrations
  --yes              don't ask before writing

It shows what it will do first, and overwrites no file.`;

/** What `init` is to do. */
export interface InitOptions {
  readonly kind: ProjectKind;
  readonly database: string | undefined;
  readonly yes: boolean;
}

const FLAG = { type: "boolean", default: false } as const;

/** Reads the arguments; by default, what is in the folder says what kind it is. Throws {@link CliError}. */
export async function readOptions({ args, cwd }: Cli): Promise<InitOptions> {
  const { database, yes, ...flags } = readArgs(args, {
    supabase: FLAG,
    node: FLAG,
    deno: FLAG,
    worker: FLAG,
    database: { type: "string" },
    yes: { ...FLAG, short: "y" },
  });
  const kinds = (["supabase", "node", "deno", "worker"] as const).filter((kind) => flags[kind]);
  if (kinds.length > 1) {
    throw new CliError("bad_argument", "Say one of --supabase, --node, --deno and --worker.");
  }
  const isSupabase = await access(join(cwd, CONFIG)).then(() => true, () => false);
  const kind = kinds[0] ?? (isSupabase ? "supabase" : undefined);
  if (kind === undefined) {
    throw new CliError(
      "bad_project",
      `There is no ${CONFIG} here. Go to the folder of your Supabase project, or run ` +
        "`npx supabase init` first; for another project, say --node, --deno or --worker.",
    );
  }
  if (kind === "supabase" && !isSupabase) {
    throw new CliError(
      "bad_project",
      `There is no ${CONFIG} here: go to your project's folder, or run \`npx supabase init\` first.`,
    );
  }
  return { kind, database, yes };
}
