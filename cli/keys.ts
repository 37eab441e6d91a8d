import { freshKeys } from "../gatekeeper/tokens/keys.ts";
import { offerHelp } from "./help.ts";

const USAGE = `Prints a fresh pair of keys, to sign tokens with and to verify them.

  deno task keys

AUTH_PRIVATE_JWK is for the gatekeeper's environment alone, AUTH_JWKS for that of the proxies.`;

offerHelp(USAGE);
const { privateJwk, jwks } = await freshKeys();
console.log(`AUTH_PRIVATE_JWK='${JSON.stringify(privateJwk)}'`);
console.log(`AUTH_JWKS='${JSON.stringify(jwks)}'`);
