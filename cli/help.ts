import { splitArgs } from "./own_args.ts";

/** What a command is called by: in a clone by its task, in a project by the package's own command. */
const CALLED = Deno.env.get("ELECTRIC_GATEKEEPER_COMMAND");

/** A text that speaks of the commands, in the words of how this one was called. */
export function inOurWords(text: string): string {
  if (!CALLED) return text;
  return text.replaceAll("deno task ", `${CALLED} `).replaceAll("in this clone", "in this project")
    .replaceAll("deno run -A cli/serve.ts", `${CALLED} serve`);
}

/** For a task whose own arguments include `--help` or `-h`: prints how it is used, and ends it. */
export function offerHelp(usage: string): void {
  const { own } = splitArgs(Deno.args);
  if (!own.includes("--help") && !own.includes("-h")) return;
  console.log(inOurWords(usage));
  Deno.exit(0);
}
