import { ROOT } from "../support/process.ts";

/** `deno task bundle`, but into a folder of the test's own. */
export async function bundle(folder: string): Promise<string> {
  const text = await Deno.readTextFile(`${ROOT}/deno.json`);
  const { tasks }: { tasks: { bundle: string } } = JSON.parse(text);
  const [, ...args] = tasks.bundle.replace("dist/", `${folder}/`).split(" ");
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return `${folder}/edge.js`;
}
