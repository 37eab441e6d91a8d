import { dirname } from "node:path";
import { NODE_22 } from "../runtimes/binaries.ts";
import { npmBinary, whyMissing } from "../support/npm_binary.ts";
import { builtPackage } from "../support/package.ts";
import { ROOT } from "../support/process.ts";
import { tempDir } from "../support/temp_dir.ts";

const NPM = "https://registry.npmjs.org/-/ping";

/** Whether npm's packages can be had, and Node 22; a test without them is skipped with a message. */
export async function hasNpm(): Promise<boolean> {
  const reason = whyMissing(NODE_22) ?? await whyUnreachable();
  if (reason !== null) console.log(`examples test skipped: ${reason}`);
  return reason === null;
}

async function whyUnreachable(): Promise<string | null> {
  try {
    const response = await fetch(NPM, { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    return response.ok ? null : `npm's registry answers ${response.status}`;
  } catch (error) {
    return `npm's registry can't be reached: ${error instanceof Error ? error.message : error}`;
  }
}

/** A person's machine in small: Node 22, and our package as `deno task package` builds it, packed. */
export interface NpmUser extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Copies an example's folder to somewhere else, and installs its packages; gives the copy's folder. */
  install(example: string): Promise<string>;
  /** Runs npm in a folder; throws with what it said when it fails. */
  npm(cwd: string, ...args: string[]): Promise<void>;
}

export async function startNpmUser(): Promise<NpmUser> {
  await using stack = new AsyncDisposableStack();
  const nodePath = await npmBinary(NODE_22);
  const { path: folder } = stack.use(await tempDir());
  const env = {
    PATH: [dirname(nodePath), dirname(Deno.execPath()), Deno.env.get("PATH")].join(":"),
    DENO_DIR: await denoDir(),
    XDG_CACHE_HOME: `${folder}/cache`,
    npm_config_prefer_offline: "true",
  };
  const npm = async (cwd: string, ...args: string[]) => {
    const command = new Deno.Command("npm", { args, cwd, env, stdin: "null" });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    if (!success) throw new Error(`npm ${args.join(" ")} in ${cwd}:\n${text}`);
  };
  await npm(await builtPackage(), "pack", "--pack-destination", folder);
  const install = async (example: string) => {
    const copy = `${folder}/${example}`;
    await copyFolder(`${ROOT}/examples/${example}`, copy);
    await takePacked(copy);
    await npm(copy, "i");
    return copy;
  };
  const open = stack.move();
  return { env, install, npm, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Where Deno has its packages already: with another cache for all else, it would look elsewhere. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** Lets a project take our package from where it was packed to, beside it, instead of from npm. */
async function takePacked(project: string): Promise<void> {
  const path = `${project}/package.json`;
  const text = await Deno.readTextFile(path);
  const taken = text.replace(
    /("electric-gatekeeper": )"\^(.+)"/,
    '$1"file:../electric-gatekeeper-$2.tgz"',
  );
  if (taken === text) throw new Error(`${path} doesn't depend on electric-gatekeeper`);
  await Deno.writeTextFile(path, taken);
}

/** Copies what belongs to the repository: not what somebody has installed there. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (["node_modules", ".dev", "package-lock.json"].includes(name)) continue;
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
