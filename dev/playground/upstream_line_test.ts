import { equal } from "node:assert/strict";
import { readLine } from "./lines.ts";
import { MARK, withoutSecrets } from "./upstream_line.ts";

Deno.test("what is between a server and Electric isn't shown", () => {
  const url =
    "https://me:word@electric.example/v1/shape?table=a&secret=s1&api_secret=s2&source_id=s3&offset=-1";
  equal(
    withoutSecrets(url),
    "https://electric.example/v1/shape?table=a&secret=hidden&api_secret=hidden&source_id=hidden&offset=-1",
  );
});

Deno.test("a line of a part's is told from what is meant for the playground", () => {
  const line = readLine("edge", "\x1b[31medge: 401 expired\x1b[0m");
  equal(line.type === "line" && line.text, "edge: 401 expired");
  const told = readLine("edge", `${MARK}{"trace":"a","status":200}`);
  equal(told.type === "upstream" && told.upstream.trace, "a");
});
