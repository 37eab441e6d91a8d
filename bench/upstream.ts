import { type Nginx, startNginx } from "../tests/support/nginx.ts";

/** Electric 1.7's own headers, as nginx adds them. */
const HEADERS = {
  "cache-control": "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746",
  "vary": "accept-encoding",
  "x-request-id": "GOrEQAOEa8ZFCowAAAfh",
  "electric-server": "ElectricSQL/1.7.12",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "electric-cursor,electric-handle,electric-has-data," +
    "electric-offset,electric-schema,electric-up-to-date,electric-internal-known-error,retry-after",
  "access-control-allow-methods": "GET, POST, HEAD, DELETE, OPTIONS",
  "electric-handle": "47752794-1795463180687233",
  "electric-schema": '{"id":{"type":"uuid","not_null":true,"pk_index":0},"value":{"type":"text"}}',
  "electric-has-data": "true",
  "electric-offset": "0_0",
};

/**
 * Starts an nginx in a CDN's place: it answers each request with the file named by its `offset`.
 * `more` goes into its configuration.
 */
export function startUpstream(
  files: Readonly<Record<string, Uint8Array>>,
  more = "",
): Promise<Nginx> {
  const headers = Object.entries(HEADERS)
    .map(([name, value]) => `add_header ${name} '${value}';`).join("\n");
  return startNginx({
    http: "sendfile on; tcp_nopush on; types {} default_type application/json;" + more,
    server: `location = /v1/shape {
      ${headers}
      rewrite ^ /$arg_offset break;
      root .;
    }`,
    // A proxy that hasn't seen the handle yet asks how the shape starts.
    files: { "-1": rows(200), ...files },
  });
}

/** A body like Electric's, of about so many bytes. */
export function rows(bytes: number): Uint8Array {
  let text = "[";
  for (let id = 0; text.length < bytes; id++) {
    text += (id > 0 ? "," : "") +
      `{"key":"\\"public\\".\\"items\\"/\\"${id}\\"","value":{"id":"${id}","value":"value ${id}"},` +
      '"headers":{"relation":["public","items"],"operation":"insert"}}';
  }
  return new TextEncoder().encode(`${text}]`);
}
