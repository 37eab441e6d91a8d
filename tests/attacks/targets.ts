import { startCaddy } from "../caddy/caddy.ts";
import { type Env, startEdge, startGatekeeper } from "../support/servers.ts";
import { signed } from "../revocation/list_server.ts";
import { testPostgres } from "../support/postgres.ts";
import type { Target } from "./attacker.ts";
import { ElectricTap, SECRET, SOURCE_ID } from "./electric_tap.ts";
import { shapesAsGatekeeperWrites } from "./signed_shapes.ts";
import { signHs256 } from "./tokens.ts";

/** A target and all that it needs. */
export type RunningTarget = Target & AsyncDisposable;

/** The edge as a process of its own. */
export async function edgeTarget(
  env: Env = {},
  sign: Target["sign"] = signHs256,
  start = startEdge,
): Promise<RunningTarget> {
  await using stack = new AsyncDisposableStack();
  const tap = stack.use(new ElectricTap());
  const { port, process } = stack.use(await start({ ...electricOf(tap), ...env }));
  const { lines } = process;
  return running({ name: "edge", port, path: "/v1/shape", tap, sign, lines }, stack.move());
}

/** The edge as a process of its own, with a list of what is revoked: of somebody else. */
export async function revokingEdgeTarget(): Promise<RunningTarget> {
  await using stack = new AsyncDisposableStack();
  const gatekeeper = stack.use(
    Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async () => new Response(await signed(["somebody else"])),
    ),
  );
  const url = `http://127.0.0.1:${gatekeeper.addr.port}/.well-known/revocations`;
  const env = { AUTH_REVOCATIONS_URL: url, AUTH_REVOCATIONS_INTERVAL: "1" };
  const target = stack.use(await edgeTarget(env));
  return running({ ...target, name: "edge with revocations" }, stack.move());
}

/** The gatekeeper's own proxy; the gatekeeper needs a Postgres to start. */
export async function gatekeeperTarget(): Promise<RunningTarget> {
  await using stack = new AsyncDisposableStack();
  const tap = stack.use(new ElectricTap());
  const { url } = stack.use(await testPostgres());
  const env = { ...electricOf(tap), DATABASE_URL: url };
  const { port, process: { lines } } = stack.use(await startGatekeeper(env));
  const path = "/proxy/v1/shape";
  return running({ name: "gatekeeper", port, path, tap, sign: signHs256, lines }, stack.move());
}

/** Caddy, which knows shapes only as the gatekeeper writes them. */
export async function caddyTarget(env: Env = {}, sign = signHs256): Promise<RunningTarget> {
  await using stack = new AsyncDisposableStack();
  const tap = stack.use(new ElectricTap(false));
  const { port, process } = stack.use(await startCaddy({ ...electricOf(tap), ...env }));
  const [shapes, { lines }] = [shapesAsGatekeeperWrites, process];
  const target = { name: "caddy", port, path: "/v1/shape", tap, sign, lines, shapes };
  return running(target, stack.move());
}

function electricOf({ url }: ElectricTap): Env {
  return { ELECTRIC_URL: url, ELECTRIC_SECRET: SECRET, ELECTRIC_SOURCE_ID: SOURCE_ID };
}

function running(target: Target, stack: AsyncDisposableStack): RunningTarget {
  return { ...target, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
