/**
 * Whether a Deno (`Deno.version.deno`) is older than 2.9: `Deno.serve` compresses by itself then,
 * and doesn't tell of a client that left before `request.signal` was asked for. Runtimes of other
 * names that embed Deno count as older.
 */
export function isBefore29(runtime: string): boolean {
  const [major = 0, minor = 0] = runtime.split(".").map(Number);
  return !(major > 2 || (major === 2 && minor >= 9));
}
