import type { Sql } from "postgres";

/** Any number, as long as every gatekeeper takes the same: the lock's name. */
const LOCK = 7_305_112_023;

/**
 * Applies the migrations in `folder` that the database lacks, in order of their versions, in one
 * transaction. They are noted where the Supabase CLI notes them, so that `supabase db push` and the
 * gatekeeper agree. A lock makes a second gatekeeper wait instead of collide.
 * Gives the names of those applied.
 */
export async function migrate(sql: Sql, folder: string): Promise<string[]> {
  const files: { name: string; version: string; title: string }[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const [, version, title] = /^(\d+)_(.*)\.sql$/.exec(name) ?? [];
    if (version !== undefined && title !== undefined) files.push({ name, version, title });
  }
  files.sort((a, b) => a.version < b.version ? -1 : 1);
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    await tx`create schema if not exists supabase_migrations`;
    await tx`create table if not exists supabase_migrations.schema_migrations
      (version text primary key, statements text[], name text)`;
    const done = await tx<{ version: string }[]>`
      select version from supabase_migrations.schema_migrations`;
    const applied = new Set(done.map((row) => row.version));
    const missing = files.filter((file) => !applied.has(file.version));
    for (const { name, version, title } of missing) {
      const text = await Deno.readTextFile(`${folder}/${name}`);
      await tx.unsafe(text);
      await tx`insert into supabase_migrations.schema_migrations (version, statements, name)
        values (${version}, ${[text]}, ${title})`;
    }
    return missing.map((file) => file.name);
  });
}
