import { offerHelp } from "../cli/help.ts";
import { SignJWT } from "jose";
import { signShape } from "../gatekeeper/tokens/sign.ts";
import { startGatekeeper } from "../tests/support/servers.ts";
import { testPostgres } from "../tests/support/postgres.ts";
import { usageOf } from "../tests/support/usage.ts";
import { shape, signing } from "./request.ts";
import { microseconds, printTimes } from "./time.ts";

offerHelp(`Measures what it takes to sign a token.

  deno task bench:mint`);

const exp = Math.floor(Date.now() / 1000) + 7200;
printTimes({
  "jose alone, a token without a shape": await microseconds(
    3000,
    () => new SignJWT({ exp }).setProtectedHeader(signing.header).sign(signing.key),
  ),
  "a token with a shape": await microseconds(3000, () => signShape(shape, signing, { exp })),
});

// The whole way: a request to the gatekeeper, which asks Postgres whether table and columns are there.
const REQUESTS = 2000;
await using postgres = await testPostgres();
await using gatekeeper = await startGatekeeper({
  DATABASE_URL: postgres.url,
  ELECTRIC_URL: "http://127.0.0.1:1",
});
const ask = async (path: string, method: string) => {
  const response = await fetch(gatekeeper.url + path, { method });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
};
const cpuOf = async (path: string, method: string) => {
  for (let i = 0; i < REQUESTS; i++) await ask(path, method);
  const before = await usageOf(gatekeeper.process.group);
  for (let i = 0; i < REQUESTS; i++) await ask(path, method);
  const { cpu } = await usageOf(gatekeeper.process.group);
  return (cpu - before.cpu) * 1e6 / REQUESTS;
};
console.log("\nCPU of the gatekeeper's process a request");
printTimes({
  "GET /health": await cpuOf("/health", "GET"),
  "POST /gatekeeper/items": await cpuOf("/gatekeeper/items", "POST"),
});
