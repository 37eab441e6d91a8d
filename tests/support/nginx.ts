import { freePort } from "./free_port.ts";
import { startProcess, type TestProcess } from "./process.ts";
import { tempDir } from "./temp_dir.ts";

/** Why there is no nginx on this machine, or `null` if there is: for `ignore` and its reason. */
export const noNginx: string | null = await hasCommand("nginx", "-v")
  ? null
  : "nginx isn't installed";

/** An nginx as a process of its own. */
export interface Nginx extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** Its working folder, which the configuration's relative paths start from. */
  readonly folder: string;
  readonly process: TestProcess;
}

/**
 * Starts an nginx with one worker. `http` is what goes into the `http` block, around a server whose
 * `location`s are `server`; `files` are put into its folder before.
 */
export async function startNginx(
  { http = "", server, files = {} }: {
    http?: string;
    server: string;
    files?: Readonly<Record<string, string | Uint8Array>>;
  },
): Promise<Nginx> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await tempDir());
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  const port = freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
${Deno.uid() === 0 ? "user root;" : ""}
events { worker_connections 16384; }
http {
  ${temporary}
  access_log off;
  keepalive_requests 100000000;
  ${http}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /health { return 200; }
    ${server}
  }
}
`,
  );
  const args = ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", "stderr"];
  const url = `http://127.0.0.1:${port}`;
  const options = { name: "nginx", command: "nginx", args };
  const process = stack.use(await startProcess(options, `${url}/health`));
  const parts = stack.move();
  return { url, port, folder, process, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** Whether a command can be run here, with an argument that makes it say its version. */
export async function hasCommand(command: string, argument: string): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: [argument] }).output()).success;
  } catch {
    return false;
  }
}
