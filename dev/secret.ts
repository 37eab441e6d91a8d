import { join } from "node:path";

/**
 * Gives a secret that `dev` signs with: made once, 32 random bytes as base64url, and kept in
 * `folder` (readable by its owner only), so that tokens stay good over a restart. `auth-secret`
 * signs shapes, `user-secret` the access tokens of dev's own users.
 */
export async function devSecret(
  folder: string,
  name: "auth-secret" | "user-secret",
): Promise<string> {
  const path = join(folder, name);
  const kept = await Deno.readTextFile(path).catch(() => "");
  if (kept.length >= 32) return kept;
  const secret = crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  await Deno.writeTextFile(path, secret, { mode: 0o600 });
  return secret;
}
