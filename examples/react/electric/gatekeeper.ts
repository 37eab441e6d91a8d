import { createServer } from "node:http";
import { createGatekeeper } from "electric-gatekeeper";
import { toNodeListener } from "electric-gatekeeper/node";
import { policies } from "./policies.ts";
import { signIn } from "./sign_in.ts";

const gatekeeper = createGatekeeper({ policies });
// It has told what is wrong by itself.
await gatekeeper.ready.catch(() => process.exit(1));
await gatekeeper.check();

/** Beside the gatekeeper, the app's own API. */
function fetch(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  return pathname === "/api/sign-in" ? signIn(request) : gatekeeper.fetch(request);
}

const server = createServer(toNodeListener({ fetch })).listen(Number(process.env.PORT ?? 4000));
server.on("error", ({ message }) => {
  console.error(`gatekeeper: can't listen: ${message}`);
  process.exit(1);
});
const stop = async () => {
  await gatekeeper.stop();
  server.close();
  // Connections that never asked for anything would keep it open.
  setTimeout(() => server.closeAllConnections(), 2000).unref();
};
process.once("SIGTERM", stop).once("SIGINT", stop);
