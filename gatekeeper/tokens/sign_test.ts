import { deepEqual, equal } from "node:assert/strict";
import { secretKeys } from "../../shared/keys.ts";
import { verifyToken } from "../../shared/claims.ts";
import { readShape } from "../../shared/shape.ts";
import { signShape } from "./sign.ts";

const SECRET = "a secret of thirty-two bytes, or more";
const signing = { header: { alg: "HS256" }, key: new TextEncoder().encode(SECRET) } as const;

Deno.test("a signed shape is verified back into the same shape", async () => {
  const fields = [
    { table: "items" },
    { table: 'other."It""ems"', where: "a = $1", params: ["x", ""], replica: "full" },
    { table: "a", columns: ["Id", "C,d", "n"], queryable_columns: ["Id", "n", "more"] },
  ];
  for (const each of fields) {
    const shape = readShape(each);
    const exp = Math.floor(Date.now() / 1000) + 60;
    const token = await signShape(shape, signing, { exp, sub: "u1" });
    const checks = { keys: secretKeys([SECRET]), token: { clockTolerance: 5 } };
    const verified = await verifyToken(token, checks);
    equal(verified.expiresAt, exp);
    deepEqual(verified.shape, shape);
  }
});
