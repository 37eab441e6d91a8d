/** What a line on a server's standard output begins with that is meant for the playground alone. */
export const MARK = "@playground ";

/** Parameters that are between a server and Electric. */
const SECRET = ["secret", "api_secret", "source_id"];

/** A URL of Electric's as it may be shown. */
export function withoutSecrets(text: string): string {
  const url = new URL(text);
  for (const name of SECRET) {
    if (url.searchParams.has(name)) url.searchParams.set(name, "hidden");
  }
  url.username = "";
  url.password = "";
  return url.href;
}
