import { policiesFile, withMissing } from "./policies.ts";
import type { Filling, TemplateFile } from "./template.ts";

/** `policies.ts`, at a path; an existing one only lacks tables. */
export function policiesTemplate(path: string, { tables }: Filling): TemplateFile {
  return {
    path,
    text: policiesFile(tables),
    amend: (existing) => withMissing(existing, tables),
    advice: "it is yours and stays as it is, but says nothing of these tables, which so are " +
      "nobody's: add the lines, or leave them out.",
  };
}
