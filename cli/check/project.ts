import { access, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CliError } from "../cli.ts";

/** Where `init` writes policies. */
const USUAL = ["supabase/functions/gatekeeper/policies.ts", "electric/policies.ts"];

/** The policies that are checked. */
export interface Project {
  /** As people name the file. */
  readonly shown: string;
  /** The folder that holds it, whose `deno.json` or `package.json` says where its imports are. */
  readonly folder: string;
  /** Its name in that folder. */
  readonly file: string;
  /** The tests of policies beside it, by name. */
  readonly tests: readonly string[];
}

/** Finds the policies: those that were named, else where `init` writes them. Throws {@link CliError}. */
export async function findProject(cwd: string, named: string | undefined): Promise<Project> {
  for (const shown of named === undefined ? USUAL : [named]) {
    const path = resolve(cwd, shown);
    const isThere = await access(path).then(() => true, () => false);
    if (!isThere) continue;
    const folder = dirname(path);
    const names = await readdir(folder);
    const tests = names.filter((name) => /^(.*\.)?policies_test\.m?ts$/.test(name)).sort();
    return { shown, folder, file: basename(path), tests };
  }
  throw new CliError(
    "bad_project",
    named === undefined
      ? `There is neither ${USUAL.join(" nor ")} here: name yours with --policies <file>, or run ` +
        "`npx electric-gatekeeper init` first."
      : `There is no ${named}: --policies takes the file that exports your policies.`,
  );
}

/** A file of the project's folder, as people name it. */
export const shownBeside = ({ shown }: Project, file: string) => join(dirname(shown), file);
