import assert from "node:assert/strict";
import { sendRequest } from "../support/raw_http.ts";
import { Tap } from "../support/tap.ts";
import { signToken } from "../support/token.ts";
import { caddyName, noCaddy, startCaddy } from "./caddy.ts";

Deno.test({
  name: `${caddyName} ends within ten seconds of a signal, though requests are held`,
  ignore: noCaddy !== null,
  fn: async () => {
    await using tap = new Tap();
    tap.reset("hang");
    await using caddy = await startCaddy({ ELECTRIC_URL: tap.url });
    const token = await signToken({ iss: "gatekeeper", shape: { table: "items" } });
    const target = "/v1/shape?table=items&offset=0_0&live=true";
    const headers = [["authorization", `Bearer ${token}`]] as const;
    using held = await sendRequest(caddy.port, { target, headers });
    await tap.arrived();
    const closed = held.read(new Uint8Array(1)).catch(() => null);
    const began = performance.now();
    await caddy.process.stop();
    assert.equal(await closed, null, "its client notices, and asks again");
    assert(performance.now() - began < 10_000);
  },
});
