// The edge of the built package, on Bun; the folder of the package comes first.
const [folder] = process.argv.slice(2);
const { createEdge } = await import(`${folder}/edge/index.js`);

const edge = createEdge();
await edge.ready;
// Bun ends requests that say nothing for so many seconds; a long poll says nothing for 20.
Bun.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  idleTimeout: 60,
  fetch: edge.fetch,
});
