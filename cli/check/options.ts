import { randomUUID } from "node:crypto";
import { isPostgresUrl } from "../../gatekeeper/database/url.ts";
import { type Cli, CliError } from "../cli.ts";
import { readArgs } from "../read_args.ts";

export const USAGE =
  `Checks your policies: their types, their tables and columns, the clauses that they
grant, and your own tests of them.

  npx electric-gatekeeper check [options]

  --policies <file>   supabase/functions/gatekeeper/policies.ts or electric/policies.ts by default
  --database <url>    Postgres with your tables; by default DATABASE_URL. It is only read
  --no-database       check only what needs none
  --as <id>           let policies decide for this user, too; may be repeated

Files policies_test.ts and *.policies_test.ts beside the policies run with \`deno test\`.`;

/** What `check` is to do. */
export interface CheckOptions {
  readonly policies: string | undefined;
  readonly database: string | undefined;
  /** Whether it is wanted that there is no database. */
  readonly withoutDatabase: boolean;
  readonly users: readonly string[];
}

/** Reads the arguments. Throws {@link CliError}. */
export function readOptions({ args, env }: Cli): CheckOptions {
  const { policies, database = env["DATABASE_URL"], as = [], ...flags } = readArgs(args, {
    policies: { type: "string" },
    database: { type: "string" },
    "no-database": { type: "boolean", default: false },
    as: { type: "string", multiple: true },
  });
  const withoutDatabase = flags["no-database"];
  if (withoutDatabase) return { policies, database: undefined, withoutDatabase, users: [] };
  if (database && !isPostgresUrl(database)) {
    throw new CliError(
      "bad_argument",
      "The database must be like postgresql://user:password@host:5432/name.",
    );
  }
  const users = [randomUUID(), ...as];
  return { policies, database: database || undefined, withoutDatabase, users };
}
