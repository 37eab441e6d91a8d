/** A temporary folder that goes when it is disposed. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** Makes a temporary folder that other users may enter too: Postgres doesn't run as root. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix: "gatekeeper-test-" });
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
