import { parseArgs, type ParseArgsConfig } from "node:util";
import { CliError } from "./cli.ts";

type KnownOptions = NonNullable<ParseArgsConfig["options"]>;

/** Reads a command's options; it takes nothing else. Throws {@link CliError} `bad_argument`. */
export function readArgs<Options extends KnownOptions>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new CliError("bad_argument", error instanceof Error ? error.message : String(error));
  }
}
