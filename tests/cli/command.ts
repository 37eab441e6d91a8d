import type { Cli } from "../../cli/cli.ts";

/** What a command printed, and how it ended. */
export interface CommandRun {
  readonly code: number;
  readonly output: string;
}

/** Runs a command in a folder, with this process's environment but for what would speak of a database. */
export async function runIn(
  cwd: string,
  command: (cli: Cli) => Promise<number>,
  args: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  const printed: string[] = [];
  const env = { ...Deno.env.toObject(), DATABASE_URL: "", ...more };
  const code = await command({ cwd, args, env, print: (text) => printed.push(text) });
  return { code, output: printed.join("\n") };
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
}

/** Every file below a folder, with its text. */
export async function readFiles(folder: string, below = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${below}`)) {
    const path = `${below}${name}`;
    if (isDirectory) Object.assign(files, await readFiles(folder, `${path}/`));
    else files[path] = await Deno.readTextFile(`${folder}/${path}`);
  }
  return files;
}
