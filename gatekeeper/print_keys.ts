import { freshKeys } from "./keys.ts";

// `deno task keys`: for the gatekeeper's environment, and for that of the proxies.
const { privateJwk, jwks } = await freshKeys();
console.log(`AUTH_PRIVATE_JWK='${JSON.stringify(privateJwk)}'`);
console.log(`AUTH_JWKS='${JSON.stringify(jwks)}'`);
