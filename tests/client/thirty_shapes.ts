import { Shape, ShapeStream } from "@electric-sql/client";
import { gatekeeperShape } from "../../client/index.ts";

/** As docs/clients.md has it, under "Many shapes over HTTP/1.1". */
const spread: typeof fetch = (input, init) => {
  const name = `http://${Math.floor(Math.random() * 100)}.localhost`;
  return fetch(String(input).replace(/^http:..localhost(?=:\d+\/v1\/)/, name), init);
};

/** A page with 30 shapes: its title is how many have synced, and how many have a row by now. */
const { gatekeeper = "", isSpread } = Object.fromEntries(new URLSearchParams(location.search));
const synced = new Set<number>();
const arrived = new Set<number>();
for (let number = 0; number < 30; number++) {
  const stream = new ShapeStream<{ id: string; value: string }>(gatekeeperShape({
    gatekeeper,
    table: "items",
    where: "value = $1",
    params: [`shape ${number}`],
    ...(isSpread && { fetchClient: spread }),
  }));
  // @ts-expect-error: the client's own types don't agree under exactOptionalPropertyTypes.
  new Shape<{ id: string; value: string }>(stream).subscribe(({ rows }) => {
    synced.add(number);
    if (rows.length > 0) arrived.add(number);
    document.title = `${synced.size} synced, ${arrived.size} arrived`;
  });
}
