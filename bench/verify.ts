import { secretKeys } from "../shared/keys.ts";
import { createVerifier } from "../shared/verifier.ts";
import { AUTH_SECRET } from "../tests/support/servers.ts";
import jwt from "jsonwebtoken";
import { token } from "./request.ts";
import { microseconds, printTimes } from "./time.ts";

const checks = { issuer: undefined, audience: undefined, clockTolerance: 5 };
const keys = secretKeys([AUTH_SECRET]);
const bearer = await token();
const request = new Request("http://localhost/v1/shape", {
  headers: { authorization: `Bearer ${bearer}` },
});
const remembering = createVerifier(keys, checks);

printTimes({
  "again: look a token up": await microseconds(50_000, () => remembering(request)),
  "at first sight: verify it": await microseconds(
    2000,
    () => createVerifier(keys, checks)(request),
  ),
  "jsonwebtoken, each time": await microseconds(2000, () => jwt.verify(bearer, AUTH_SECRET)),
});
