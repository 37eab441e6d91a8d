import { applyMigrations } from "../../dev/migrations.ts";
import { freePort } from "../support/free_port.ts";
import { type NpmBinary, npmBinary } from "../support/npm_binary.ts";
import { builtPackage } from "../support/package.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { AUTH_SECRET, type Env, type RunningServer } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bundleForWorkers, workerdConfig } from "./worker.ts";

/** Starts a script of this folder on Node's HTTP server, which Bun has, too. */
async function startScript(binary: NpmBinary, name: string, env: Env): Promise<RunningServer> {
  const command = await npmBinary(binary);
  const folder = await builtPackage();
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = await startProcess({
    name: `${name} on ${binary.name} ${binary.version}`,
    command,
    args: [`tests/runtimes/node_${name}.mjs`, folder],
    env: { AUTH_SECRET, PORT: `${port}`, ...env },
  }, `${url}/health`);
  return { port, url, process, [Symbol.asyncDispose]: () => process.stop() };
}

/** Starts the edge of the built package. */
export const startNodeEdge = (binary: NpmBinary) => (env: Env): Promise<RunningServer> =>
  startScript(binary, "edge", env);

/** Starts the gatekeeper of the built package, on a database that gets the example's tables. */
export const startNodeGatekeeper = (binary: NpmBinary) => async (env: Env) => {
  await applyMigrations(env["DATABASE_URL"] ?? "", ROOT, () => {});
  return await startScript(binary, "gatekeeper", env);
};

/** Starts the edge of the built package in workerd, as one file, as Workers get it. */
export function startWorkerEdge(workerd: NpmBinary): (env: Env) => Promise<RunningServer> {
  return async (env) => {
    const command = await npmBinary(workerd);
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await tempDir());
    await bundleForWorkers(folder.path);
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const config = workerdConfig(port, { AUTH_SECRET, ...env });
    await Deno.writeTextFile(`${folder.path}/config.capnp`, config);
    const process = stack.use(
      await startProcess({
        name: "edge in workerd",
        command,
        args: ["serve", `${folder.path}/config.capnp`],
        cwd: folder.path,
      }, `${url}/health`),
    );
    const open = stack.move();
    const dispose = async () => {
      // It would wait for what is held.
      await process.kill();
      await open.disposeAsync();
    };
    return { port, url, process, [Symbol.asyncDispose]: dispose };
  };
}
