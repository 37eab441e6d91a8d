// Follows a shape with the package's client and Electric's, and prints the ids of its rows as they come.
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

const [, , client, electric, gatekeeper] = argv;
const { gatekeeperShape } = await import(pathToFileURL(client).href);
const { ShapeStream } = await import(pathToFileURL(electric).href);

const shape = gatekeeperShape({
  gatekeeper,
  table: "items",
  authorization: () => Promise.resolve("alice"),
});
new ShapeStream(shape).subscribe((messages) => {
  for (const { value } of messages) if (value) console.log(value.id);
});
