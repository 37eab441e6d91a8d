// Harness: each case = fresh tables; compare rows of signed shape with SET ROLE
import postgres from "postgres";
import { makeSupabaseSchema } from "./dev/supabase_schema.ts";
import { definePolicies, rls } from "./gatekeeper/index.ts";
import { testPolicies } from "./gatekeeper/testing.ts";
import { testPostgres } from "./tests/support/postgres.ts";
const policies = definePolicies({}, { otherwise: rls });
const A = "00000000-0000-4000-8000-000000000001";
const cases: any[] = (await import(Deno.args[0]!)).default;
const db = await testPostgres();
try {
  await makeSupabaseSchema(db.url);
  const admin = postgres(db.url, { max: 1, onnotice: () => {} });
  let n = 0;
  for (const c of cases) {
    n++;
    const name = `c${n}`;
    await admin.unsafe(`create database ${name} template electric`).catch(async () => {});
    const url = db.url.replace(/electric$/, name);
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    try {
      await admin.unsafe(`alter database ${name} set search_path = "$user", public, extensions`);
      await sql.unsafe(
        `set search_path = "$user", public, extensions; alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;`,
      );
      await sql.unsafe(c.setup);
      const on = c.on ?? "docs";
      for (const u of c.users ?? [{ role: "authenticated", claims: {} }]) {
        const role = u.role ?? "authenticated";
        const claims = u.anon ? { role: "anon" } : { ...u.claims, sub: u.id ?? A, role };
        const r = u.anon ? "anon" : role;
        let result: any;
        try {
          result = await testPolicies(policies, {
            as: u.anon ? null : { id: u.id ?? A, role, claims: u.claims ?? {} },
            on,
            database: url,
          });
        } catch (e) {
          result = e;
        }
        let expected: any;
        let cols = "*";
        const cn = result?.shape?.columns;
        if (cn) cols = cn.map((x: string) => '"' + x.replaceAll('"', '""') + '"').join();
        try {
          expected = await sql.begin(async (tx) => {
            await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
            await tx.unsafe(`set local role ${r}`);
            return (await tx.unsafe(`select ${cols} from ${c.from ?? on}`)).map((x) =>
              JSON.stringify(x)
            ).sort();
          });
        } catch (e) {
          expected = "ERR " + (e as Error).message;
        }
        let got: any;
        if (result instanceof Error) got = "REFUSED " + result.message;
        else if (!result.allowed) got = "DENIED " + result.reason;
        else {
          try {
            got =
              (await sql.unsafe(`select ${cols} from ${c.from ?? on} where ${result.shape.where}`, [
                ...result.shape.params,
              ])).map((x) => JSON.stringify(x)).sort();
          } catch (e) {
            got = "SIGNED-BUT-ERR " + (e as Error).message;
          }
        }
        const same = JSON.stringify(got) === JSON.stringify(expected);
        const tag = same
          ? "same"
          : typeof got === "string" && got.startsWith("DENIED") && Array.isArray(expected) &&
              expected.length === 0
          ? "same0"
          : typeof got === "string" && (got.startsWith("REF") || got.startsWith("DENIED"))
          ? "refused"
          : "DIFF!!";
        console.log(
          `[${tag}] ${c.name} ${JSON.stringify(u)}\n    where: ${result?.shape?.where} ${
            JSON.stringify(result?.shape?.params)
          } cols=${cn ?? ""}` + (tag.startsWith("same")
            ? ""
            : `\n    got: ${JSON.stringify(got)}\n    exp: ${JSON.stringify(expected)}`),
        );
      }
    } catch (e) {
      console.log(`[setup-error] ${c.name}: ${(e as Error).message}`);
    }
    await sql.end({ timeout: 1 });
    await admin.unsafe(`drop database if exists ${name} with (force)`);
  }
  await admin.end();
} finally {
  await db[Symbol.asyncDispose]();
}
