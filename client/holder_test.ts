import { equal, notEqual } from "node:assert/strict";
import { holderOf } from "./holder.ts";

/** A JWT with these claims, as far as it is read. */
function bearer(claims: Record<string, unknown>): string {
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  const payload = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  return `Bearer header.${payload}.${Math.random()}`;
}

const ALICE = { iss: "https://id.example", sub: "alice", role: "authenticated" };

Deno.test("tokens that differ in what each has anew are the same holder's", () => {
  // As Clerk writes them, and with letters that base64url writes otherwise than base64.
  const name = "Zoë?>~ÿ";
  const first = bearer({ ...ALICE, name, exp: 60, iat: 0, nbf: 0, jti: "a", fva: [1, -1] });
  const next = bearer({ ...ALICE, name, exp: 120, iat: 60, nbf: 60, jti: "b", fva: [2, -1] });
  equal(holderOf(first), holderOf(next));
});

Deno.test("all that another user or other rights may show in makes another holder", () => {
  const holders = [
    bearer(ALICE),
    bearer({ ...ALICE, sub: "bob" }),
    bearer({ ...ALICE, sub: "alice,bob" }),
    bearer({ ...ALICE, iss: "https://other.example" }),
    bearer({ ...ALICE, role: "admin" }),
    bearer({ ...ALICE, org: "acme" }),
    // Where a text has what is left out, it stays.
    bearer({ ...ALICE, org: '"exp":1' }),
    bearer({ ...ALICE, org: '"exp":2' }),
  ].map(holderOf);
  equal(new Set(holders).size, holders.length);
});

Deno.test("without a subject, and without a JWT, the whole text is the holder", () => {
  for (
    const text of [
      bearer({ role: "anon", jti: "a" }),
      ...["", "Bearer opaque", "Basic YWxpY2U6c2VjcmV0", "Bearer v4.local.AAAA", "Bearer a.!.c"],
    ]
  ) {
    equal(holderOf(text), text);
  }
  notEqual(holderOf(bearer({ jti: "a" })), holderOf(bearer({ jti: "b" })));
});
