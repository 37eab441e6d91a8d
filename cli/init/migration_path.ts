import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { MIGRATIONS } from "./tables/migrations.ts";

/** How the migration's name ends, behind the time that orders it. */
const SUFFIX = "_gatekeeper_revocations.sql";

/**
 * Where a Supabase project has the migration for revocations, or where it comes: behind all others,
 * since `supabase db push` applies none before one that has been applied.
 */
export async function migrationPath(cwd: string, now = new Date()): Promise<string> {
  const names = await readdir(join(cwd, MIGRATIONS)).catch(() => []);
  const existing = names.find((name) => name.endsWith(SUFFIX));
  const time = now.toISOString().replace(/\D/g, "").slice(0, 14);
  return `${MIGRATIONS}/${existing ?? `${time}${SUFFIX}`}`;
}
