/** What a command works with, so that tests run it without a process. */
export interface Cli {
  /** The folder it is called in. */
  readonly cwd: string;
  /** Its arguments, without its own name. */
  readonly args: readonly string[];
  /** Takes what people read; it may hold several lines. */
  readonly print: (text: string) => void;
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A failure that the caller can act on; the message says what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: "bad_argument" | "bad_project" | "database_unreachable";

  constructor(code: CliError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs a command; what it can't do is told without a stack. Gives the exit code. */
export async function runCommand(
  usage: string,
  { args, print }: Cli,
  work: () => Promise<number>,
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    print(usage);
    return 0;
  }
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    print(error.message);
    if (error.code === "bad_argument") print(`\n${usage}`);
    return 1;
  }
}
