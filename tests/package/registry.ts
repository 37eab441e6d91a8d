import { freePort } from "../support/free_port.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { tempDir } from "../support/temp_dir.ts";

const VERSION = "6.8.0";

/** Where the registry's own program is kept between runs. */
const FOLDER = `${ROOT}/.dev/verdaccio-${VERSION}`;

const PACKAGE_JSON = JSON.stringify({
  private: true,
  dependencies: { verdaccio: VERSION },
  // What it brings doesn't install everywhere.
  overrides: { "node-fetch": "2.7.0" },
});

/** One package may be published here; all others come from npm. */
const CONFIG = `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: { npmjs: { url: https://registry.npmjs.org/ } }
packages:
  "electric-gatekeeper": { access: $all, publish: $all }
  "**": { access: $all, proxy: npmjs }
log: { type: stdout, format: pretty, level: error }
`;

/** A npm registry on this machine, verdaccio, that has the packages of npm and those that are published to it. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** Publishes the package in a folder. */
  publish(folder: string): Promise<void>;
}

/** Starts one, with nothing published. */
export async function startRegistry(): Promise<Registry> {
  await install();
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir());
  await Deno.writeTextFile(`${folder.path}/config.yaml`, CONFIG);
  const port = freePort();
  const url = `http://127.0.0.1:${port}/`;
  stack.use(
    await startProcess({
      name: "verdaccio",
      command: "node",
      args: [
        `${FOLDER}/node_modules/.bin/verdaccio`,
        "--config",
        `${folder.path}/config.yaml`,
        "--listen",
        `127.0.0.1:${port}`,
      ],
    }, `${url}-/ping`),
  );
  const npmrc = `${folder.path}/.npmrc`;
  // Anybody may publish there, but npm doesn't without a token.
  await Deno.writeTextFile(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\n`);
  const open = stack.move();
  return {
    url,
    publish: (from) => npm(["publish", "--userconfig", npmrc], from),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function install(): Promise<void> {
  const found = await Deno.stat(`${FOLDER}/node_modules/.bin/verdaccio`).catch(() => null);
  if (found !== null) return;
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.writeTextFile(`${FOLDER}/package.json`, PACKAGE_JSON);
  await npm(["install", "--no-audit", "--no-fund"], FOLDER);
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("npm", { args: [...args], cwd }).output();
  if (!success) throw new Error(`npm ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
