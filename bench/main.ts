import { signShape } from "../shared/claims.ts";
import { secretKeys } from "../shared/keys.ts";
import { Shape } from "../shared/shape.ts";
import { createVerifier } from "../shared/verifier.ts";

/** Mean time of one call in microseconds, after a warm-up of the same length. */
async function microseconds(calls: number, call: () => unknown): Promise<number> {
  for (let i = 0; i < calls; i++) await call();
  const start = performance.now();
  for (let i = 0; i < calls; i++) await call();
  return (performance.now() - start) * 1000 / calls;
}

const SECRET = "a secret of thirty-two bytes, or more";
const signing = { header: { alg: "HS256" }, key: new TextEncoder().encode(SECRET) } as const;
const checks = { issuer: undefined, audience: undefined, clockTolerance: 5 };
const verifying = secretKeys([SECRET]);
const shape = Shape.parse({ table: "items", where: "owner_id = $1", params: ["u1"] });
const claims = { exp: Math.floor(Date.now() / 1000) + 3600 };
const request = new Request("http://localhost/v1/shape", {
  headers: { authorization: `Bearer ${await signShape(shape, signing, claims)}` },
});
const remembering = createVerifier(verifying, checks);

const first = await microseconds(2000, () => {
  return createVerifier(verifying, checks)(request);
});
const again = await microseconds(20_000, () => remembering(request));
const mint = await microseconds(2000, () => signShape(shape, signing, claims));

console.table({
  "verify a token at first sight": { "µs": first, "× lookup": first / again },
  "look up a verified token": { "µs": again, "× lookup": 1 },
  "sign a token": { "µs": mint, "× lookup": mint / again },
});
