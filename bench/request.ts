import { signShape } from "../gatekeeper/tokens/sign.ts";
import { readShape } from "../shared/shape.ts";
import { AUTH_SECRET } from "../tests/support/servers.ts";

const fields = {
  table: "items",
  where: "owner_id = $1",
  columns: ["id", "value"],
  params: ["3f1c2a4e-0000-4000-8000-000000000001"],
};

/** The shape that all benchmarks sync. */
export const shape = readShape(fields);

/** The key that its tokens are signed with. */
export const signing = {
  header: { alg: "HS256" },
  key: new TextEncoder().encode(AUTH_SECRET),
} as const;

/** A fresh token for the shape. */
export function token(): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 7200;
  return signShape(shape, signing, { exp, jti: crypto.randomUUID(), sub: "user" });
}

/** Path and query as the official client sends them; `rest` is what else it says. */
export function target(rest: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({
    table: fields.table,
    where: fields.where,
    columns: fields.columns.map((name) => `"${name}"`).join(),
    "params[1]": fields.params.join(),
    handle: "47752794-1795463180687233",
    log: "full",
    ...rest,
  });
  return `/v1/shape?${query}`;
}

/** What a browser sends. */
export async function browserHeaders(): Promise<Record<string, string>> {
  return {
    authorization: `Bearer ${await token()}`,
    accept: "*/*",
    "accept-encoding": "gzip, br",
    "accept-language": "en",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    origin: "https://app.example",
    referer: "https://app.example/",
  };
}
