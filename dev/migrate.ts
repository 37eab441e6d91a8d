import postgres, { type Sql } from "postgres";

/** Any number, as long as every gatekeeper takes the same: the lock's name. */
const LOCK = 7_305_112_023;

/** What {@link migrate} found, as names of files. */
export interface Migrated {
  /** Applied now. */
  readonly applied: readonly string[];
  /** Applied by a gatekeeper before, but of another text since. */
  readonly edited: readonly string[];
}

/** A migration that can't be applied; the message is one line that says which, why and what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly code = "migration_failed";
}

interface Migration {
  readonly file: string;
  readonly version: string;
  readonly title: string;
  readonly text: string;
}

/**
 * Applies the migrations in `folder` that the database lacks, in order of their versions, in one
 * transaction. They are noted where the Supabase CLI notes them, so that `supabase db push` and the
 * gatekeeper agree. A lock makes a second gatekeeper wait instead of collide. Without a folder there
 * is nothing to do.
 *
 * @throws {MigrationError} for a migration that fails; then none is applied.
 */
export async function migrate(sql: Sql, folder: string): Promise<Migrated> {
  const migrations = await readMigrations(folder);
  if (migrations.length === 0) return { applied: [], edited: [] };
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    await tx`create schema if not exists supabase_migrations`;
    await tx`create table if not exists supabase_migrations.schema_migrations
      (version text primary key, statements text[], name text)`;
    // By way of JSON, since tables of old Supabase CLIs have no statements.
    const noted = await tx<{ version: string; statements: string[] | null }[]>`
      select version, to_jsonb(done) -> 'statements' as statements
      from supabase_migrations.schema_migrations as done`;
    const done = new Map(noted.map((row) => [row.version, row.statements ?? []]));
    const missing = migrations.filter(({ version }) => !done.has(version));
    for (const { file, version, title, text } of missing) {
      await tx.unsafe(text).catch((error) => {
        if (!(error instanceof postgres.PostgresError)) throw error;
        throw new MigrationError(describe(file, text, error));
      });
      await tx`insert into supabase_migrations.schema_migrations (version, statements, name)
        values (${version}, ${[text]}, ${title})`;
    }
    const edited = migrations.filter(({ version, text }) => isOther(text, done.get(version) ?? []));
    return { applied: missing.map(({ file }) => file), edited: edited.map(({ file }) => file) };
  });
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const migrations: Migration[] = [];
  try {
    for await (const { name: file } of Deno.readDir(folder)) {
      const [, version, title] = /^(\d+)_(.*)\.sql$/.exec(file) ?? [];
      if (version === undefined || title === undefined) continue;
      migrations.push({ file, version, title, text: await Deno.readTextFile(`${folder}/${file}`) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return migrations.sort((a, b) => a.version < b.version ? -1 : 1);
}

/**
 * Whether a file isn't what a gatekeeper noted when it applied it. The Supabase CLI notes each
 * statement for itself, without the semicolon and the line's end: that can't be compared.
 */
function isOther(text: string, [noted, ...more]: readonly string[]): boolean {
  if (noted === undefined || more.length > 0 || !/[;\s]$/.test(noted)) return false;
  const plain = (sql: string) => sql.replaceAll("\r\n", "\n").trim();
  return plain(noted) !== plain(text);
}

/** One line: the file, the place where Postgres gives one, the reason, and what to do. */
function describe(file: string, text: string, error: postgres.PostgresError): string {
  const line = `migration ${file} failed${placeOf(text, error)}: ${error.message}. ` +
    "No migration was applied: mend the file, then start again";
  return line.replace(/\p{Cc}+/gu, " ");
}

function placeOf(text: string, error: postgres.PostgresError): string {
  // The driver has them only where Postgres sent them.
  if (!error.position) return error.where ? ` (${error.where})` : "";
  // Postgres counts characters, from 1.
  const lines = [...text].slice(0, Number(error.position) - 1).join("").split("\n");
  return ` at line ${lines.length}, column ${[...lines.at(-1) ?? ""].length + 1}`;
}
