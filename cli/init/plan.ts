import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { textDiff } from "../text_diff.ts";
import { withFunctions } from "./config_toml.ts";
import type { TemplateFile } from "./templates/template.ts";

/** What becomes of a file. */
export interface Step {
  readonly path: string;
  /** `create`, `change`: it is written; `same`: nothing to do; `keep`: it is another, and stays. */
  readonly action: "create" | "change" | "same" | "keep";
  /** What is there, if anything. */
  readonly before: string | null;
  /** What is written, or what its owner may write. */
  readonly after: string;
  /** What its owner should do. */
  readonly advice: string;
}

/** Says what becomes of a template's file. */
export async function planFile(cwd: string, file: TemplateFile): Promise<Step> {
  const { path, text, amend, advice } = file;
  const before = await readIfThere(join(cwd, path));
  if (before === null) return { path, action: "create", before, after: text, advice };
  const after = amend === undefined ? text : amend(before);
  return { path, action: after === before ? "same" : "keep", before, after, advice };
}

export const CONFIG = "supabase/config.toml";

/** Says what becomes of `supabase/config.toml`: lines come into it, none goes. */
export async function planConfig(cwd: string, functions: readonly string[]): Promise<Step[]> {
  const before = await readFile(join(cwd, CONFIG), "utf8");
  const { text, wrong } = withFunctions(before, functions);
  const base = { path: CONFIG, before, after: text };
  const steps: Step[] = [{ ...base, action: text === before ? "same" : "change", advice: "" }];
  for (const name of wrong) {
    const advice = `${CONFIG} lets Supabase's gateway check tokens before [functions.${name}], ` +
      "which refuses ours: set verify_jwt = false there.";
    steps.push({ ...base, after: before, action: "keep", advice });
  }
  return steps;
}

/** The step as a unified diff, and for what stays what to do. */
export function describe({ path, action, before, after, advice }: Step): string {
  if (action === "create") return `create ${path}`;
  const diff = before === null ? "" : textDiff(path, before, after);
  if (action === "change") return `change ${path}\n${diff}`;
  return diff === "" ? advice : `${diff}\n${path}: ${advice}`;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
