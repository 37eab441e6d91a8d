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
  const fences = markdown.matchAll(/^```(\w*)\n(.*?)\n```$/gms);
  return [...fences].filter(([, name]) => name === language).map(([, , text]) => text ?? "");
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
