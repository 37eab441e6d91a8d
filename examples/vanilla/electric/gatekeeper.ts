import { createServer } from "node:http";
import { createGatekeeper } from "electric-gatekeeper";
import { toNodeListener } from "electric-gatekeeper/node";
import { policies } from "./policies.ts";

const gatekeeper = createGatekeeper({ policies });
// It has told what is wrong by itself.
await gatekeeper.ready.catch(() => process.exit(1));
await gatekeeper.check();

const server = createServer(toNodeListener(gatekeeper)).listen(Number(process.env.PORT ?? 4000));
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
