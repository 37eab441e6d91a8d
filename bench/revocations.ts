import process from "node:process";
import { readProxyConfig } from "../edge/config.ts";
import { createProxy } from "../edge/proxy.ts";
import { followRevocations } from "../edge/revocations.ts";
import { offerHelp } from "../cli/help.ts";
import { secretKeys } from "../shared/keys.ts";
import { digestOf, type Revocations } from "../shared/revocations.ts";
import { testRuntime } from "../tests/support/runtime.ts";
import { AUTH_SECRET } from "../tests/support/servers.ts";
import { signList } from "../gatekeeper/revocations/publish.ts";
import { browserHeaders, signing, target } from "./request.ts";
import { median, round } from "./time.ts";

offerHelp(`Measures what a list of revoked tokens costs a request at the edge.

  deno task bench:revocations`);

const ENTRIES = 10_000;
const CALLS = 1000;
const ROUNDS = 301;

const env: Record<string, string> = { ELECTRIC_URL: "http://electric" };
const config = readProxyConfig((name) => env[name], secretKeys([AUTH_SECRET]));
const headers = await browserHeaders();
const url = `http://edge${target({ offset: "-1" })}`;
const query = url.slice(url.indexOf("?") + 1);

/** A list of so many users and tables, half of each. */
async function listOf(entries: number) {
  const names = Array.from({ length: entries / 2 }, () => crypto.randomUUID());
  const now = Math.floor(Date.now() / 1000);
  const digests = await Promise.all(names.map(digestOf));
  return {
    issuedAt: now,
    everyone: -Infinity,
    subjects: new Map(digests.map((digest) => [digest, now])),
    tables: new Map(names.map((name) => [`table_${name}`, now])),
  };
}

/** Revocations by a list that is there; it is loaded once, as it is in a while of seconds. */
async function follow(entries: number): Promise<Revocations> {
  const list = await listOf(entries);
  const load = () => Promise.resolve(list);
  const options = { interval: 600_000, maxAge: 600_000, required: true, isolated: false };
  const revocations = followRevocations({ load, log: () => {}, ...options });
  await revocations.upToDate();
  return revocations;
}

/** A proxy in front of an Electric that answers at once. */
function proxyWith(revocations: Revocations | undefined): () => Promise<void> {
  const fetch = () => Promise.resolve(new Response("[]"));
  const around = { runtime: testRuntime({ fetch }), log: () => {} };
  const proxy = createProxy(config, {
    ...around,
    ...(revocations !== undefined && { revocations }),
  });
  return async () => {
    const response = await proxy(new Request(url, { headers }), query);
    await response.body?.cancel();
  };
}

/** Microseconds of CPU of one call. */
async function time(call: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

const contenders = {
  "none": proxyWith(undefined),
  "an empty list": proxyWith(await follow(0)),
  [`${ENTRIES} entries`]: proxyWith(await follow(ENTRIES)),
};
const times = new Map<string, number[]>(Object.keys(contenders).map((name) => [name, []]));
const names = Object.entries(contenders);
// In turn, since a machine that is shared changes its pace; each first as often as the others.
for (let round = 0; round < ROUNDS; round++) {
  const first = round % names.length;
  for (const [name, call] of [...names.slice(first), ...names.slice(0, first)]) {
    const took = await time(call);
    if (round > 0) times.get(name)?.push(took);
  }
}
const first = times.get("none") ?? [];
const rows = [...times].map(([name, taken]) => {
  const ratios = taken.map((took, i) => took / (first[i] ?? NaN));
  return [name, { "µs of CPU": round(median(taken)), "× none": round(median(ratios)) }];
});
console.table(Object.fromEntries(rows));
const jwt = await signList(await listOf(10), signing, {});
console.log(`a signed list of 10 entries: ${jwt.length} bytes`);
