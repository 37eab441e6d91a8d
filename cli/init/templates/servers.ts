/** The edge, as Deno and Supabase run it. */
export const EDGE = `import { createEdge } from "electric-gatekeeper/edge";

export default createEdge();
`;

/** The gatekeeper, as Deno and Supabase run it. */
export const GATEKEEPER = `import { createGatekeeper } from "electric-gatekeeper";
import { policies } from "./policies.ts";

export default createGatekeeper({ policies });
`;

/** What ends a Node server: held requests are answered at once, and then it goes. */
const stopNode = (name: string) =>
  `server.on("error", ({ message }) => {
  console.error(\`${name}: can't listen: \${message}\`);
  process.exit(1);
});
const stop = async () => {
  await ${name}.stop();
  server.close();
  // Connections that never asked for anything would keep it open.
  setTimeout(() => server.closeAllConnections(), 2000).unref();
};
process.once("SIGTERM", stop).once("SIGINT", stop);
`;

/** The edge, as Node runs it. */
export const NODE_EDGE = `import { createServer } from "node:http";
import { createEdge } from "electric-gatekeeper/edge";
import { toNodeListener } from "electric-gatekeeper/node";

const edge = createEdge();
// It has told what is wrong by itself.
await edge.ready.catch(() => process.exit(1));

const server = createServer(toNodeListener(edge)).listen(Number(process.env.PORT ?? 8000));
${stopNode("edge")}`;

/** The gatekeeper, as Node runs it. */
export const NODE_GATEKEEPER = `import { createServer } from "node:http";
import { createGatekeeper } from "electric-gatekeeper";
import { toNodeListener } from "electric-gatekeeper/node";
import { policies } from "./policies.ts";

const gatekeeper = createGatekeeper({ policies });
// It has told what is wrong by itself.
await gatekeeper.ready.catch(() => process.exit(1));
await gatekeeper.check();

const server = createServer(toNodeListener(gatekeeper)).listen(Number(process.env.PORT ?? 4000));
${stopNode("gatekeeper")}`;

/** The edge, as Cloudflare Workers run it. */
export const WORKER_EDGE = `import { createEdge, type Server } from "electric-gatekeeper/edge";

let edge: Server | undefined;

export default {
  // A Worker's variables come with its requests.
  fetch: (request: Request, env: Record<string, unknown>): Promise<Response> =>
    (edge ??= createEdge({ env })).fetch(request),
};
`;

/** How Cloudflare's `wrangler` deploys it. */
export const WRANGLER = `name = "electric-edge"
main = "worker.ts"
compatibility_date = "2026-06-01"
`;
