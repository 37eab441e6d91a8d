import { request } from "node:http";
import type { Exchange, RawResponse } from "./recording.ts";

/** Sends a request exactly as written and gives the response exactly as sent, `date` included. */
export function rawRequest(
  base: string,
  { method, target, headers, body }: Exchange["request"],
  cutAfterMs: number | undefined,
): Promise<RawResponse> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: target, headers: { ...headers } });
    let timer: ReturnType<typeof setTimeout> | undefined;
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      const done = () => {
        clearTimeout(timer);
        sent.destroy();
        const { statusCode = 0, rawHeaders } = response;
        resolve({ status: statusCode, headers: pairs(rawHeaders), body: text });
      };
      if (cutAfterMs !== undefined) timer = setTimeout(done, cutAfterMs);
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => text += chunk);
      response.on("end", done);
    });
    sent.end(typeof body === "string" ? body : undefined);
  });
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [
    (raw[2 * i] ?? "").toLowerCase(),
    raw[2 * i + 1] ?? "",
  ]);
}
