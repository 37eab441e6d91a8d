import assert from "node:assert/strict";
import { sourceOf, writeAll } from "../support/http_reader.ts";
import { readResponse } from "../support/raw_http.ts";
import { signToken } from "../support/token.ts";
import { caddyName, noCaddy, startCaddy } from "./caddy.ts";

Deno.test({
  name: `${caddyName} waits for no body`,
  ignore: noCaddy !== null,
  fn: async () => {
    await using caddy = await startCaddy({ ELECTRIC_URL: "http://127.0.0.1:1" });
    const token = await signToken({ iss: "gatekeeper", shape: { table: "items" } });
    const good = `authorization: Bearer ${token}`;
    for (
      const [framing, more, expected] of [
        ["content-length: 1", good, 400],
        ["content-length: 01", good, 400],
        ["content-length: 2", good, 413],
        ["content-length: 10", good, 413],
        ["transfer-encoding: chunked", good, 400],
        ["content-length: 10", "accept: */*", 401],
      ] as const
    ) {
      using socket = await Deno.connect({ hostname: "127.0.0.1", port: caddy.port });
      const lines = [
        "GET /v1/shape?table=items&offset=-1 HTTP/1.1",
        "host: x",
        framing,
        more,
      ];
      await writeAll(socket, `${lines.join("\r\n")}\r\n\r\n`);
      const began = performance.now();
      const { status } = await readResponse(sourceOf(socket));
      assert.equal(status, expected, framing);
      assert(performance.now() - began < 2000);
    }
  },
});
