import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BUN, NODE_22 } from "../runtimes/binaries.ts";
import { npmBinary, whyMissing } from "../support/npm_binary.ts";
import { builtPackage } from "../support/package.ts";
import { hasChromium, startChromium } from "../users/browser.ts";
import { Servers, until } from "./servers.ts";

const SCRIPT = fileURLToPath(new URL("follow.mjs", import.meta.url));
const ELECTRIC = new URL("../node_modules/@electric-sql/client/dist/", import.meta.url);

const RUNTIMES = {
  "Node 22": { binary: NODE_22, args: [] },
  "Bun": { binary: BUN, args: ["run"] },
  "Deno": { binary: undefined, args: ["run", "-A", "--no-config"] },
};

for (const [name, { binary, args }] of Object.entries(RUNTIMES)) {
  const missing = binary ? whyMissing(binary) : null;
  Deno.test(`the package's client follows a shape and renews on ${name}`, {
    ignore: missing !== null,
  }, async () => {
    await using servers = new Servers();
    servers.add();
    const client = `${await builtPackage()}/client/index.js`;
    const electric = fileURLToPath(new URL("index.mjs", ELECTRIC));
    const command = new Deno.Command(binary ? await npmBinary(binary) : Deno.execPath(), {
      args: [...args, SCRIPT, client, electric, servers.gatekeeperUrl],
      stdout: "piped",
    });
    const process = command.spawn();
    let printed = "";
    const reading = (async () => {
      for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) printed += text;
    })();
    try {
      await until(() => printed === "1\n");
      servers.revoke();
      await until(() => servers.signed.length === 2);
      servers.add();
      await until(() => printed === "1\n2\n");
      assert.deepEqual(servers.credentials, ["Bearer alice", "Bearer alice"]);
    } finally {
      process.kill("SIGKILL");
      await Promise.all([process.status, reading]);
    }
  });
}

/** A page with the package's client, cross-origin from the gatekeeper and the proxy. */
const PAGE = (gatekeeper: string) =>
  `<!doctype html><title>loading</title><script type="module">
    import { ShapeStream } from "/electric/index.browser.mjs";
    import { gatekeeperShape } from "/client/index.js";
    const ids = [];
    const shape = gatekeeperShape({ gatekeeper: "${gatekeeper}", table: "items" });
    new ShapeStream(shape).subscribe((messages) => {
      for (const { value } of messages) if (value) ids.push(value.id);
      document.title = ids.join();
    });
  </script>`;

Deno.test("two tabs of a browser ask the gatekeeper one after the other", {
  ignore: !hasChromium(),
}, async () => {
  const client = await builtPackage();
  await using servers = new Servers();
  servers.add();
  servers.delay = 300;
  await using site = Deno.serve(
    { port: 0, hostname: "localhost", onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (!pathname.endsWith("js")) {
        const headers = { "content-type": "text/html" };
        return new Response(PAGE(servers.gatekeeperUrl), { headers });
      }
      const file = pathname.startsWith("/client/")
        ? `${client}${pathname}`
        : new URL(pathname.slice("/electric/".length), ELECTRIC);
      const headers = { "content-type": "text/javascript" };
      return new Response(await Deno.readTextFile(file), { headers });
    },
  );
  await using browser = await startChromium();
  const errors: string[] = [];
  const tabs = await Promise.all([browser.newPage(), browser.newPage(), browser.newPage()]);
  for (const tab of tabs) {
    tab.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  }
  // A name, since Web Locks are for secure contexts, and plain HTTP is one on this machine alone.
  await Promise.all(tabs.map((tab) => tab.goto(`http://localhost:${site.addr.port}/`)));
  for (const tab of tabs) await tab.waitForFunction('document.title === "1"');
  servers.add();
  for (const tab of tabs) await tab.waitForFunction('document.title === "1,2"');
  assert.equal(servers.signed.length, 3);
  assert.equal(servers.mostAtOnce, 1);
  assert.deepEqual(errors, []);
});
