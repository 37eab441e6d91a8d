import type { Table } from "../tables/table.ts";

/** A file that `init` writes. */
export interface TemplateFile {
  /** Below the project's folder, with slashes. */
  readonly path: string;
  readonly text: string;
  /**
   * What an existing file of that name would be with what it lacks; without it, all of it should be
   * the template's.
   */
  readonly amend?: (existing: string) => string;
  /** What to do about an existing file that is another. */
  readonly advice: string;
}

/** What templates are filled with. */
export interface Filling {
  readonly version: string;
  readonly tables: readonly Table[];
  /** Whether the project's own `package.json` says that its `.js` and `.ts` files are ES modules. */
  readonly isModule: boolean;
  /** Path of the migration for revocations, where the project keeps migrations. */
  readonly migration: string;
}

/** A `deno.json` with nothing but imports. */
export function denoJson(imports: Readonly<Record<string, string>>): string {
  return `${JSON.stringify({ imports }, null, 2)}\n`;
}

/** What `deno.json` maps the package to. */
export const npm = (version: string, subpath = "") =>
  `npm:electric-gatekeeper@^${version}${subpath}`;

/** What to do about files of ours that were changed. */
export const COMPARE =
  "it stays as it is. If you didn't change it on purpose, make it like this; to have it written anew, " +
  "move yours away and run init again.";
