// Our servers mounted in an app: `node mounted.mjs <folder of the package> <way>`.
import { createServer } from "node:http";

const [folder, way] = process.argv.slice(2);
const { allow, createGatekeeper, definePolicies, ownRows } = await import(
  `${folder}/gatekeeper/index.js`
);
const { createEdge } = await import(`${folder}/edge/index.js`);
const { toNodeListener } = await import(`${folder}/edge/runtimes/node_http.js`);

const port = Number(process.env.PORT);

/** A session of the app's own, in a cookie. */
const sessions = new Map([["alices-session", "8f0f3e1a-0000-4000-8000-000000000001"]]);
const userOfSession = (request) => {
  const [, session] = /(?:^|; )session=([^;]+)/.exec(request.headers.get("cookie") ?? "") ?? [];
  const id = sessions.get(session);
  return id === undefined ? null : { id };
};

const gatekeeper = createGatekeeper({
  policies: definePolicies({ items: allow, todos: ownRows("owner_id") }),
  basePath: "/api/sync",
  authenticate: async (request, fromToken) => userOfSession(request) ?? await fromToken(),
});
const edge = createEdge({ basePath: "/api/edge" });

async function honoListener() {
  const { Hono } = await import("hono");
  const { getRequestListener } = await import("@hono/node-server");
  const app = new Hono();
  app.use("*", async (context, next) => {
    await next();
    context.header("x-app", "mine");
  });
  app.all("/api/sync/*", (context) => gatekeeper.fetch(context.req.raw));
  app.all("/api/edge/*", (context) => edge.fetch(context.req.raw));
  app.get("/", (context) => context.text("the app"));
  return getRequestListener(app.fetch);
}

/** A route handler as Next.js calls it: a function a method, given the request alone. */
function nextListener() {
  const route = (server) => ({ GET: server.fetch, POST: server.fetch, OPTIONS: server.fetch });
  const routes = { "/api/sync/": route(gatekeeper), "/api/edge/": route(edge) };
  return toNodeListener({
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const [, found] = Object.entries(routes).find(([path]) => pathname.startsWith(path)) ?? [];
      const handler = found?.[request.method];
      return await handler?.(request) ?? new Response("the app");
    },
  });
}

async function expressListener() {
  const { default: express } = await import("express");
  const app = express();
  app.all("/api/sync/*rest", toNodeListener(gatekeeper));
  app.all("/api/edge/*rest", toNodeListener(edge));
  app.get("/", (_request, response) => response.send("the app"));
  return app;
}

const listeners = { hono: honoListener, next: nextListener, express: expressListener };
createServer(await listeners[way]()).listen(port, "127.0.0.1");
