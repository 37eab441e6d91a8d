import { decodeJwt, jwtVerify } from "jose";
import { AUTH_SECRET } from "../support/servers.ts";
import { ElectricTap, SECRET, SOURCE_ID } from "./electric_tap.ts";
import type { RunningTarget } from "./targets.ts";
import { signHs256 } from "./tokens.ts";

type Weakness = (request: Request, tap: string) => Promise<Response>;

const key = new TextEncoder().encode(AUTH_SECRET);
const bearer = (request: Request) => request.headers.get("authorization")?.slice(7) ?? "";
const refusal = () => new Response("no", { status: 401 });

/** What every proxy here checks well, unless that is its weakness. */
async function claimOf(request: Request): Promise<Record<string, unknown> | null> {
  try {
    const { payload } = await jwtVerify(bearer(request), key, { requiredClaims: ["exp"] });
    return Object(payload["shape"]);
  } catch {
    return null;
  }
}

/** The upstream URL with the client's query, as the known shape proxies make it. */
function forwarded(request: Request, tap: string): URL {
  const url = new URL(`${tap}/v1/shape${new URL(request.url).search}`);
  url.searchParams.set("secret", SECRET);
  url.searchParams.set("source_id", SOURCE_ID);
  return url;
}

function built(claim: Record<string, unknown>, tap: string): URL {
  const url = new URL(`${tap}/v1/shape`);
  url.searchParams.set("table", String(claim["table"]));
  url.searchParams.set("secret", SECRET);
  url.searchParams.set("source_id", SOURCE_ID);
  return url;
}

const isPlain = (claim: Record<string, unknown>) => /^items_\d+$/.test(String(claim["table"]));

/** Small proxies for tokens of plain tables, each with one mistake that was made in public code. */
export const WEAKNESSES: Readonly<Record<string, Weakness>> = {
  "compares the first of duplicates and forwards the query": async (request, tap) => {
    const claim = await claimOf(request);
    const query = new URL(request.url).searchParams;
    if (claim?.["table"] !== query.get("table")) return refusal();
    return await fetch(forwarded(request, tap));
  },
  "pipes the body": async (request, tap) => {
    const claim = await claimOf(request);
    if (claim === null || !isPlain(claim)) return refusal();
    const body = request.method === "POST" ? await request.text() : null;
    return await fetch(built(claim, tap), { method: body === null ? "GET" : "POST", body });
  },
  "copies the headers": async (request, tap) => {
    const claim = await claimOf(request);
    if (claim === null || !isPlain(claim)) return refusal();
    return await fetch(built(claim, tap), { headers: request.headers });
  },
  "reads the token without checking its signature": async (request, tap) => {
    try {
      const claim = Object(decodeJwt(bearer(request))["shape"]);
      return isPlain(claim) ? await fetch(built(claim, tap)) : refusal();
    } catch {
      return refusal();
    }
  },
  "passes parameters that it doesn't know": async (request, tap) => {
    const claim = await claimOf(request);
    if (claim === null || !isPlain(claim)) return refusal();
    const url = built(claim, tap);
    for (const [name, value] of new URL(request.url).searchParams) {
      if (!url.searchParams.has(name)) url.searchParams.set(name, value);
    }
    return await fetch(url);
  },
  "passes a subset's SQL on": async (request, tap) => {
    const claim = await claimOf(request);
    if (claim === null || !isPlain(claim)) return refusal();
    const url = built(claim, tap);
    for (const name of ["where", "order_by"]) {
      const text = new URL(request.url).searchParams.get(`subset__${name}`);
      if (text !== null) url.searchParams.set(`subset__${name}`, text);
    }
    return await fetch(url);
  },
  "fails with a 500": async (request) => {
    decodeURIComponent(new URL(request.url).search);
    return await Promise.resolve(refusal());
  },
};

/** Runs a weak proxy in this process. */
export function weakTarget(weakness: Weakness): RunningTarget {
  const tap = new ElectricTap();
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: () => new Response("", { status: 500 }),
    },
    (request) => weakness(request, tap.url),
  );
  const dispose = async () => {
    await server.shutdown();
    await tap[Symbol.asyncDispose]();
  };
  const target = {
    name: "weak",
    port: server.addr.port,
    path: "/v1/shape",
    tap,
    sign: signHs256,
    lines: [],
  };
  return { ...target, [Symbol.asyncDispose]: dispose };
}
