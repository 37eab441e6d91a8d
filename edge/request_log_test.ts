import { deepEqual, match } from "node:assert/strict";
import { logRequests } from "./request_log.ts";

async function logged(url: string, init?: RequestInit): Promise<string[]> {
  const lines: string[] = [];
  const handler = logRequests(
    () => Promise.resolve(new Response(null, { status: 403 })),
    (line) => lines.push(line),
  );
  await handler(new Request(url, init));
  return lines;
}

Deno.test("a request is a line with its method, path, table, status and time", async () => {
  const [line = "", ...more] = await logged("http://localhost/v1/shape?table=items&offset=-1");
  match(line, /^GET \/v1\/shape items 403 \d+ ms$/);
  deepEqual(more, []);
});

Deno.test("no token and no value of a query is logged", async () => {
  const headers = { authorization: "Bearer secret-token" };
  const url =
    "http://localhost/v1/shape?table=secret%0Aline&where=secret&params[1]=secret&secret=s";
  const [line = ""] = await logged(url, { headers });
  match(line, /^GET \/v1\/shape 403 \d+ ms$/);
});
