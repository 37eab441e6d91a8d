import { equal, rejects } from "node:assert/strict";
import postgres from "postgres";
import { loadSeed } from "../../dev/seed.ts";
import { testPostgres } from "../support/postgres.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("a missing supabase/seed.sql is nothing to load; one that fails is told", async () => {
  await using database = await testPostgres();
  await using root = await tempDir();
  const sql = postgres(database.url, { max: 1 });
  try {
    await sql`create table public.users (id int primary key)`;
    equal(await loadSeed(database.url, root.path), false);
    await Deno.mkdir(`${root.path}/supabase`);
    equal(await loadSeed(database.url, root.path), false);
    const seed = `${root.path}/supabase/seed.sql`;
    await Deno.writeTextFile(seed, "insert into nothing values (1)");
    await rejects(loadSeed(database.url, root.path), {
      code: "seed_failed",
      message: 'supabase/seed.sql can\'t be loaded: relation "nothing" does not exist. ' +
        "Mend it, then start again.",
    });
    await Deno.writeTextFile(seed, "insert into users values (1)");
    equal(await loadSeed(database.url, root.path), true);
    equal(await loadSeed(database.url, root.path), false);
  } finally {
    await sql.end({ timeout: 1 });
  }
});
