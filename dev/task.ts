import { parseArgs, type ParseArgsConfig } from "node:util";
import { DevError } from "./error.ts";
import { inOurWords, offerHelp } from "../cli/help.ts";

type KnownOptions = NonNullable<ParseArgsConfig["options"]>;

/** What a command takes: its options besides `--help`, and how many other arguments, at least and at most. */
export interface Command<Options extends KnownOptions = KnownOptions> {
  readonly usage: string;
  readonly options: Options;
  readonly positionals: readonly [least: number, most: number];
}

/**
 * Runs a command of `deno task`: `--help` prints its usage; what can't be read of its arguments, or a
 * {@link DevError}, is told without a stack, and ends it with 1.
 */
export async function runTask<Options extends KnownOptions>(
  command: Command<Options>,
  work: (args: ReturnType<typeof readArguments<Options>>) => Promise<void>,
): Promise<void> {
  offerHelp(command.usage);
  try {
    await work(readArguments(command));
  } catch (error) {
    if (!(error instanceof DevError)) throw error;
    console.error(inOurWords(error.message));
    if (error.code === "bad_argument") console.error(`\n${inOurWords(command.usage)}`);
    Deno.exit(1);
  }
}

function readArguments<Options extends KnownOptions>(
  { options, positionals: [least, most] }: Command<Options>,
) {
  const parsed = parse(options);
  const { length } = parsed.positionals;
  if (length < least) throw new DevError("bad_argument", "An argument is missing.");
  if (length > most) {
    throw new DevError("bad_argument", `Unexpected argument '${parsed.positionals[most]}'.`);
  }
  return parsed;
}

function parse<Options extends KnownOptions>(options: Options) {
  try {
    return parseArgs({ args: Deno.args, allowPositionals: true, options });
  } catch (error) {
    throw new DevError("bad_argument", error instanceof Error ? error.message : String(error));
  }
}
