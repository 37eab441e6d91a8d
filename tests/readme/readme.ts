import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../support/process.ts";

/** A page of the docs. */
export interface Page {
  /** Path from the repository's folder. */
  readonly path: string;
  readonly text: string;
}

/** A code block of a page, and what a reader is told about it. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** What its first line names it, as in `// policies.ts`. */
  readonly file: string | undefined;
  /** Code that it assumes: `<!-- given: … -->` before it. */
  readonly given: string;
  /** Why nobody can check it: `<!-- not checked: … -->` before it. */
  readonly notChecked: string | undefined;
}

/** All pages that people read. */
export async function readPages(): Promise<Page[]> {
  const docs = (await readdir(join(ROOT, "docs"))).filter((name) => name.endsWith(".md")).sort();
  const paths = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "caddy/README.md",
    ...docs.map((name) => `docs/${name}`),
  ];
  return await Promise.all(paths.map(readPage));
}

/** One page. */
export async function readPage(path: string): Promise<Page> {
  return { path, text: await readFile(join(ROOT, path), "utf8") };
}

/** A Markdown text's code blocks. */
export function codeBlocks(markdown: string): Block[] {
  const found = markdown.matchAll(
    /(?:<!-- (given|not checked): (.*?) -->\n\n)?^```(\w*)\n(.*?)\n```$/gms,
  );
  return [...found].map(([, note, said = "", language = "", text = ""]) => ({
    language,
    text,
    file: /^\/\/ (\S+\.tsx?)$/m.exec(text.split("\n", 1)[0] ?? "")?.[1],
    given: note === "given" ? `${said} ` : "",
    notChecked: note === "not checked" ? said : undefined,
  }));
}

/** A command of the README's walk and what it says that the command prints. */
export interface Step {
  readonly command: string;
  /** `...` stands for anything. */
  readonly prints: string;
}

/** The `console` blocks of a Markdown text: lines that begin with `$ ` are commands. */
export function consoleSteps(markdown: string): Step[] {
  return blocks(markdown, "console").map((block) => {
    const [command = "", ...output] = block.split("\n");
    return { command: command.replace(/^\$ /, ""), prints: output.join("\n") };
  });
}

/** The contents of a Markdown text's code blocks of one language. */
export function blocks(markdown: string, language: string): string[] {
  return codeBlocks(markdown).filter((block) => block.language === language)
    .map(({ text }) => text);
}

/** Whether a command printed what the README says, `...` standing for anything. */
export function printed(expected: string, actual: string): boolean {
  const parts = expected.split("...").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`).test(actual.replaceAll("\r", "").trimEnd());
}

/** The commands of a Markdown text's `sh` blocks, without their comments; one goes on until its quotes are closed. */
export function shellCommands(markdown: string): string[] {
  const commands: string[] = [];
  let open = "";
  for (const line of blocks(markdown, "sh").flatMap((block) => block.split("\n"))) {
    open += (open === "" ? "" : "\n") + line.replace(/(^|\s+)# .*$/, "").trim();
    if (open.split('"').length % 2 === 0) continue;
    if (open !== "") commands.push(open);
    open = "";
  }
  return commands;
}
