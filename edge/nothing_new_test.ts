import { deepEqual, equal, throws } from "node:assert/strict";
import { Refusal } from "../shared/refusal.ts";
import { nothingNew } from "./nothing_new.ts";

const at = (query: string) => nothingNew(`http://electric/v1/shape?table=items&secret=s&${query}`);

Deno.test("a long poll is answered as by Electric when nothing came", async () => {
  const response = at("live=true&handle=1-2&offset=7_0&cursor=5");
  equal(response.status, 200);
  deepEqual(await response.json(), []);
  equal(response.headers.get("cache-control"), "no-store");
  equal(response.headers.get("access-control-expose-headers"), "*");
  for (const [name, value] of Object.entries({ handle: "1-2", offset: "7_0", cursor: "5" })) {
    equal(response.headers.get(`electric-${name}`), value);
  }
  equal(at("live=true&handle=1-2&offset=0_inf").headers.get("electric-cursor"), "");
});

Deno.test("what isn't one, or couldn't go on from there, is a 401", () => {
  const poll = "handle=1-2&offset=7_0&cursor=5";
  for (
    const query of [
      poll,
      `live=false&${poll}`,
      `live=true&live_sse=true&${poll}`,
      `live=true&experimental_live_sse=true&${poll}`,
      "live=true&offset=7_0",
      "live=true&handle=1-2",
      "live=true&handle=1-2&offset=now",
      "live=true&handle=1-2&offset=-1",
      "live=true&handle=1%0d%0ax:y&offset=7_0",
      "live=true&handle=1-2&offset=7_0&cursor=%c3%a9",
    ]
  ) {
    throws(() => at(query), (error) => error instanceof Refusal && error.status === 401, query);
  }
});
