import { freePort } from "../tests/support/free_port.ts";
import { hasCommand, noNginx, startNginx } from "../tests/support/nginx.ts";
import { startProcess, type TestProcess } from "../tests/support/process.ts";
import { AUTH_SECRET, startEdge } from "../tests/support/servers.ts";
import { tempDir } from "../tests/support/temp_dir.ts";

/** A server that is measured. */
export interface Contender extends AsyncDisposable {
  readonly url: string;
  readonly process: TestProcess;
}

/** The proxies to compare, by name, each in front of `upstream`; those that aren't installed are left out. */
export async function startContenders(
  upstream: string,
  names: readonly string[] = ["edge", "bare Deno", "example", "nginx", "Caddy"],
): Promise<{ contenders: Map<string, Contender> } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const contenders = new Map<string, Contender>();
  const starts: Readonly<Record<string, () => Promise<Contender | undefined>>> = {
    "edge": () => startEdge({ ELECTRIC_URL: upstream }),
    "bare Deno": () => startScript("bare", upstream),
    "example": () => startScript("example", upstream),
    "nginx": async () => noNginx ? undefined : await startNginx(nginxProxy(upstream)),
    "Caddy": async () =>
      await hasCommand("caddy", "version") ? await startCaddy(upstream) : undefined,
  };
  for (const name of names) {
    const contender = await starts[name]?.();
    if (contender === undefined) console.log(`${name} is left out: it isn't installed.`);
    else contenders.set(name, stack.use(contender));
  }
  const parts = stack.move();
  return { contenders, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** One of `bench/servers/`. */
function startScript(name: string, upstream: string): Promise<Contender> {
  return startModule(`bench/servers/${name}.ts`, upstream);
}

/** A module that `deno serve` can run, such as the edge. */
export async function startModule(module: string, upstream: string): Promise<Contender> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = ["--config", "tests/deno.json"];
  const args = ["serve", "-A", ...config, "--host", "127.0.0.1", "--port", `${port}`, module];
  const env = { ELECTRIC_URL: upstream, AUTH_SECRET };
  const process = await startProcess({ name: module, args, env });
  await listening(port);
  return { url, process, [Symbol.asyncDispose]: () => process.stop() };
}

async function startCaddy(upstream: string): Promise<Contender | undefined> {
  const port = freePort();
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempDir());
  const file = `${path}/Caddyfile`;
  await Deno.writeTextFile(
    file,
    `{\n admin off\n auto_https off\n}\nhttp://:${port} {\n reverse_proxy ${upstream}\n}\n`,
  );
  const args = ["run", "--config", file, "--adapter", "caddyfile"];
  const process = stack.use(await startProcess({ name: "Caddy", command: "caddy", args }));
  await listening(port);
  const parts = stack.move();
  const dispose = () => parts.disposeAsync();
  return { url: `http://127.0.0.1:${port}`, process, [Symbol.asyncDispose]: dispose };
}

function nginxProxy(upstream: string) {
  return {
    http: `upstream electric { server ${new URL(upstream).host}; keepalive 512; }`,
    server: `location / {
      proxy_pass http://electric;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_max_temp_file_size 0;
    }`,
  };
}

/** Waits until a port takes connections. */
export async function listening(port: number): Promise<void> {
  for (let i = 0; i < 5000; i++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}
