import { createServer } from "node:http";
import { createEdge } from "electric-gatekeeper/edge";
import { toNodeListener } from "electric-gatekeeper/node";

const edge = createEdge();
// It has told what is wrong by itself.
await edge.ready.catch(() => process.exit(1));

const server = createServer(toNodeListener(edge)).listen(Number(process.env.PORT ?? 8000));
server.on("error", ({ message }) => {
  console.error(`edge: can't listen: ${message}`);
  process.exit(1);
});
const stop = async () => {
  await edge.stop();
  server.close();
  // Connections that never asked for anything would keep it open.
  setTimeout(() => server.closeAllConnections(), 2000).unref();
};
process.once("SIGTERM", stop).once("SIGINT", stop);
