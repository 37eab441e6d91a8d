/** Arguments of a command, and what follows a `--`, which is another's. */
export interface SplitArgs {
  readonly own: readonly string[];
  readonly other: readonly string[];
}

export function splitArgs(args: readonly string[]): SplitArgs {
  const end = args.indexOf("--");
  return end < 0
    ? { own: args, other: [] }
    : { own: args.slice(0, end), other: args.slice(end + 1) };
}
