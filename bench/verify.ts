import { offerHelp } from "../cli/help.ts";
import { secretKeys } from "../shared/keys.ts";
import { createVerifier } from "../shared/claims.ts";
import { AUTH_SECRET } from "../tests/support/servers.ts";
import jwt from "jsonwebtoken";
import { token } from "./request.ts";
import { microseconds, printTimes } from "./time.ts";

offerHelp(`Measures what it takes to verify a token.

  deno task bench:verify`);

const config = { keys: secretKeys([AUTH_SECRET]), token: { clockTolerance: 5 } };
const bearer = await token();
const request = new Request("http://localhost/v1/shape", {
  headers: { authorization: `Bearer ${bearer}` },
});
const remembering = createVerifier(config, (grant) => ({ grant }));

printTimes({
  "again: look a token up": await microseconds(50_000, () => remembering(request)),
  "at first sight: verify it": await microseconds(
    2000,
    () => createVerifier(config, (grant) => ({ grant }))(request),
  ),
  "jsonwebtoken, each time": await microseconds(2000, () => jwt.verify(bearer, AUTH_SECRET)),
});
