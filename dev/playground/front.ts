import { createServer } from "node:http";
import { toNodeListener } from "../../edge/runtimes/node_http.ts";
import type { Handler } from "../../shared/refusal.ts";
import { createForward, type Target } from "./forward.ts";
import { isLoopback } from "./guard.ts";

/** Where to listen, what to put in front of what. */
export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  readonly playground: Handler;
  readonly gatekeeper: Target;
}

/** Paths that are the playground's; all others are the gatekeeper's. */
const OURS = /^\/($|\?|playground\/)/;

/**
 * Puts the playground in front of the gatekeeper, on the gatekeeper's port. For other machines it isn't
 * there: what they ask is passed on, whatever it is.
 */
export async function startFront(
  { host, port, playground, gatekeeper }: FrontOptions,
): Promise<AsyncDisposable> {
  const listener = toNodeListener({ fetch: playground });
  const { forward, close } = createForward(gatekeeper);
  const server = createServer((incoming, outgoing) => {
    const isOurs = OURS.test(incoming.url ?? "") && isLoopback(incoming.socket.remoteAddress);
    if (isOurs) void listener(incoming, outgoing);
    else forward(incoming, outgoing);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
