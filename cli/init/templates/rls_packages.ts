import { DEPARSER, PARSER } from "../../check/decisions.ts";
import type { Table } from "../tables/table.ts";

const PACKAGES = { "libpg-query": PARSER, "pgsql-deparser": DEPARSER };

const usesRls = (tables: readonly Table[]) => tables.some(({ secured }) => secured);

/** What `deno.json` maps besides, where a table's policy may be `rls`. */
export function rlsImports(tables: readonly Table[]): Readonly<Record<string, string>> {
  return usesRls(tables) ? PACKAGES : {};
}

/** A server's program that imports what `rls` needs: a package on npm can't import what is optional on Deno. */
export function withRlsPackages(program: string, tables: readonly Table[]): string {
  if (!usesRls(tables)) return program;
  const lines = Object.keys(PACKAGES).map((name) => `import "${name}";\n`);
  return `// What the policy \`rls\` needs.\n${lines.join("")}${program}`;
}
