import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The Deno that Supabase's edge runtime is built on. */
const VERSION = "2.1.4";

/** An older Deno, and a copy of the edge's files for it: it can't read the repository's lock file. */
export interface OlderDeno extends AsyncDisposable {
  readonly deno: string;
  readonly cwd: string;
}

/** Gets Deno 2.1.4 from npm, where it isn't there yet, and copies `edge/` and `shared/` for it. */
export async function olderDeno(): Promise<OlderDeno> {
  const cwd = await Deno.makeTempDir({ prefix: "gatekeeper-edge-" });
  const dispose = () => Deno.remove(cwd, { recursive: true });
  try {
    for (const folder of ["edge", "shared"]) {
      await Deno.mkdir(`${cwd}/${folder}`);
      for await (const { name, isFile } of Deno.readDir(`${ROOT}/${folder}`)) {
        if (isFile) await Deno.copyFile(`${ROOT}/${folder}/${name}`, `${cwd}/${folder}/${name}`);
      }
    }
    const { stdout, stderr, success } = await new Deno.Command("npx", {
      args: ["-y", `deno@${VERSION}`, "eval", "console.log(Deno.execPath())"],
      cwd,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`npx deno@${VERSION}: ${decoder.decode(stderr)}`);
    return { deno: decoder.decode(stdout).trim(), cwd, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
