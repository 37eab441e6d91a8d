// The edge of the built package, on Node and as its docs say; the folder of the package comes first.
import { createServer } from "node:http";

const [folder] = process.argv.slice(2);
const { createEdge } = await import(`${folder}/edge/index.js`);
const { toNodeListener } = await import(`${folder}/edge/runtimes/node_http.js`);

const edge = createEdge();
await edge.ready;
createServer(toNodeListener(edge)).listen(Number(process.env.PORT), "127.0.0.1");
