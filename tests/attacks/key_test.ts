import { equal, match } from "node:assert/strict";
import { exportJWK, generateKeyPair } from "jose";
import { AUTH_SECRET, EDGE } from "../support/servers.ts";
import { TestProcess } from "../support/process.ts";

Deno.test("the edge doesn't start with a key that signs for others", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const AUTH_JWKS = JSON.stringify({ keys: [await exportJWK(publicKey)] });
  const AUTH_PRIVATE_JWK = JSON.stringify(await exportJWK(privateKey));
  const privateSet = JSON.stringify({ keys: [await exportJWK(privateKey)] });
  const wrong = [
    ["AUTH_PRIVATE_JWK", { AUTH_JWKS, AUTH_PRIVATE_JWK }],
    ["AUTH_JWKS", { AUTH_JWKS: privateSet }],
    ["AUTH_SECRET and AUTH_JWKS", { AUTH_JWKS, AUTH_SECRET }],
  ] as const;
  for (const [name, keys] of wrong) {
    const env = { ELECTRIC_URL: "http://127.0.0.1:1", ...keys };
    const args = ["serve", "-NE", "--port", "0", EDGE];
    await using edge = new TestProcess({ name: "edge", args, env });
    const late = setTimeout(() => edge.stop(), 5000);
    const code = await edge.exited;
    clearTimeout(late);
    equal(code, 1, "it should have ended by itself");
    const text = edge.lines.join("\n");
    match(text, new RegExp(name));
    equal(text.includes(AUTH_SECRET) || text.includes('"d"'), false, text);
  }
});
