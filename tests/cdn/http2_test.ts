import { equal, ok } from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { hasCommand, noNginx, startNginx } from "../support/nginx.ts";
import { rawRequest, sendRequest } from "../support/raw_http.ts";
import { EDGES } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { tempDir } from "../support/temp_dir.ts";
import { spelling, tokenOf } from "./users.ts";

/** More than nginx allows streams in one HTTP/2 connection (128), as CDNs do. */
const HELD = 200;

const missing = noNginx ?? (await hasCommand("openssl", "version") ? null : "there is no openssl");
const headers = [["authorization", `Bearer ${await tokenOf("reader")}`]] as const;

/** A certificate for localhost, and its key, as PEM files in a folder. */
async function certify(folder: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    .concat("-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert)
    .concat("-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE");
  const { success, stderr } = await new Deno.Command("openssl", { args }).output();
  ok(success, new TextDecoder().decode(stderr));
  return { cert, key };
}

for (const [name, start] of Object.entries(EDGES)) {
  Deno.test({
    name: `${name}: held requests leave room for others, also where the CDN speaks HTTP/2` +
      (missing === null ? "" : ` (skipped: ${missing})`),
    ignore: missing !== null,
    async fn() {
      await using folder = await tempDir();
      const { cert, key } = await certify(folder.path);
      await using tap = new Tap();
      tap.answer = ({ target }) =>
        target.includes("live=true")
          ? "hang"
          : { headers: [["content-length", "2"], ["electric-handle", "h"]], body: "[]" };
      const port = freePort();
      await using _cdn = await startNginx({
        http: `server {
          listen 127.0.0.1:${port} ssl http2;
          ssl_certificate ${cert};
          ssl_certificate_key ${key};
          location / { proxy_pass ${tap.url}; proxy_http_version 1.1; }
        }`,
        server: "",
      });
      const env = { ELECTRIC_URL: `https://localhost:${port}`, DENO_CERT: cert };
      await using edge = await start(env);
      const live = { target: spelling(0, { offset: "0_0", handle: "h", live: "true" }), headers };
      const clients = await Promise.all(
        Array.from({ length: HELD }, () => sendRequest(edge.port, live)),
      );
      try {
        const target = spelling(0, { offset: "-1" });
        equal((await rawRequest(edge.port, { target, headers, patience: 5000 })).status, 200);
        // One question is about the handle.
        const arrived = () => tap.requests.filter((request) => request.method === "GET").length;
        for (let i = 0; i < 500 && arrived() <= HELD; i++) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        equal(arrived(), HELD + 1);
        ok(tap.requests.length <= HELD + 2);
      } finally {
        for (const client of clients) client.close();
      }
    },
  });
}
