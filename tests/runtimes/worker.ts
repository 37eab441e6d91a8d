import { builtPackage } from "../support/package.ts";
import { ROOT } from "../support/process.ts";
import type { Env } from "../support/servers.ts";

/** What a Worker of the docs says. */
const WORKER = `import { createEdge } from "electric-gatekeeper/edge";

let edge;
export default {
  fetch(request, env) {
    edge ??= createEdge({ env });
    return edge.fetch(request);
  },
};
`;

/** Writes `worker.js` into a folder: the Worker and all that it needs in one file; gives its path. */
export async function bundleForWorkers(folder: string): Promise<string> {
  const path = `${folder}/worker.js`;
  const edge = `${await builtPackage()}/edge/index.js`;
  const source = `${ROOT}/dist/worker-${crypto.randomUUID()}.js`;
  await Deno.writeTextFile(source, WORKER.replace("electric-gatekeeper/edge", edge));
  try {
    const args = ["bundle", "--platform", "browser", "--minify", "-o", path, source];
    const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT });
    const { success, stderr } = await command.output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(source);
  }
  return path;
}

/** A configuration that serves `worker.js` on a port, with these variables; upstream may be this machine. */
export function workerdConfig(port: number, env: Env): string {
  const text = (value: string) => JSON.stringify(value);
  const bindings = Object.entries(env).map(([name, value]) =>
    `(name = ${text(name)}, text = ${text(value)})`
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["enable_request_signal"],
  bindings = [${bindings.join(", ")}],
);
`;
}
