// The gatekeeper of the built package, on Node and as its docs say; the folder of the package comes first.
import { createServer } from "node:http";

const [folder] = process.argv.slice(2);
const { allow, createGatekeeper } = await import(`${folder}/gatekeeper/index.js`);
const { toNodeListener } = await import(`${folder}/edge/runtimes/node_http.js`);

// Everyone may sync everything, for tests that make tables of their own.
const policies = Object.assign(() => allow, { tables: [] });
const gatekeeper = createGatekeeper({ policies });
await gatekeeper.ready;
await gatekeeper.check();
createServer(toNodeListener(gatekeeper)).listen(Number(process.env.PORT), "127.0.0.1");
