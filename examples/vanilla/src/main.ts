import { Shape, ShapeStream } from "@electric-sql/client";
import { GatekeeperError, gatekeeperShape } from "electric-gatekeeper/client";

type Item = { id: string; value: string };

const gatekeeper: string = import.meta.env.VITE_GATEKEEPER ?? "http://localhost:4000";
const status = document.querySelector("[role=status]");
const list = document.querySelector("ul");

const stream = new ShapeStream<Item>(gatekeeperShape({
  gatekeeper,
  table: "items",
  onError: (error: GatekeeperError) => status?.replaceChildren(error.message),
}));

new Shape(stream).subscribe(({ rows }) => {
  status?.replaceChildren(`${rows.length} items`);
  list?.replaceChildren(...rows.map(({ value }) => {
    const line = document.createElement("li");
    line.textContent = value;
    return line;
  }));
});
