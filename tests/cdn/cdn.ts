import { type Nginx, startNginx } from "../support/nginx.ts";

/** An nginx in a CDN's place, and what reached the origin through it. */
export interface Cdn extends AsyncDisposable {
  readonly url: string;
  /** Cache statuses of the requests since the last call, and how many of them the origin saw. */
  take(): Promise<{ asked: number; origin: number; statuses: readonly string[] }>;
}

/**
 * Starts a caching nginx in front of `origin` that collapses equal requests, keyed by the URL alone.
 * It compresses, which weakens the etags, as CDNs do.
 */
export async function startCdn(origin: string): Promise<Cdn> {
  const nginx = await startNginx({
    http: `
      log_format calls '$upstream_cache_status $upstream_addr';
      proxy_cache_path cache keys_zone=shapes:10m use_temp_path=off;
      gzip on; gzip_proxied any; gzip_min_length 1; gzip_types application/json;`,
    server: `location / {
      access_log calls.log calls;
      proxy_pass ${origin};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Accept-Encoding "";
      proxy_ignore_headers Vary;
      proxy_cache shapes;
      proxy_cache_key $request_uri;
      proxy_cache_lock on;
      proxy_cache_lock_age 60s;
      proxy_cache_lock_timeout 60s;
    }`,
  });
  let seen = 0;
  const take = async () => {
    const lines = (await readLog(nginx)).slice(seen);
    seen += lines.length;
    const calls = lines.map((line) => line.split(" "));
    return {
      asked: calls.length,
      // "-" where nginx answered by itself.
      origin: calls.filter(([, address]) => address !== "-").length,
      statuses: calls.map(([status = ""]) => status),
    };
  };
  return { url: nginx.url, take, [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose]() };
}

async function readLog({ folder }: Nginx): Promise<string[]> {
  // nginx writes a line when a request ends, which may be just after its client has read the answer.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return (await Deno.readTextFile(`${folder}/calls.log`)).split("\n").filter((line) => line !== "");
}
