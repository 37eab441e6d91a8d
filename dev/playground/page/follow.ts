import { FetchError, ShapeStream } from "@electric-sql/client";
import { type Grant } from "./ask.ts";
import { type Applied, applyMessages, type Rows } from "./rows.ts";
import { type Asker, traced } from "./trace.ts";

/** Who hears of a shape's rows. */
export interface Follower {
  readonly onRows: (applied: Applied, isUpToDate: boolean) => void;
  /** The proxy refuses the token: gives another for the same shape, or `null` to end. */
  readonly onRefused: () => Promise<Grant | null>;
  readonly onEnd: (error: Error) => void;
}

/** New tokens in a row that the proxy may refuse before it is given up. */
const MAX_REFUSED = 3;

/** Types that the client would read as something other than texts. */
const READ = ["int2", "int4", "int8", "float4", "float8", "json", "jsonb"];
const PARSER = {
  ...Object.fromEntries(READ.map((type) => [type, (text: string) => text])),
  // A change says `t` where a snapshot says `true`.
  bool: (text: string) => text.startsWith("t") ? "true" : "false",
};

/** Follows a granted shape with Electric's own client until the signal fires. */
export function follow(who: Asker, grant: Grant, follower: Follower, signal: AbortSignal): void {
  let { token } = grant;
  let rows: Rows = new Map();
  let refusedInARow = 0;
  const stream = new ShapeStream({
    url: grant.url,
    params: { ...grant.params },
    headers: { Authorization: () => `Bearer ${token}` },
    fetchClient: (input, init) => traced(who, "edge", `${input}`, init),
    parser: PARSER,
    warnOnHttp: false,
    signal,
    onError: async (error) => {
      if (signal.aborted) return undefined;
      const isRefused = error instanceof FetchError && [401, 403].includes(error.status);
      const mayRenew = isRefused && refusedInARow++ < MAX_REFUSED;
      const renewed = mayRenew ? await follower.onRefused() : null;
      if (renewed === null) return void follower.onEnd(error);
      token = renewed.token;
      return {};
    },
  });
  stream.subscribe((messages) => {
    refusedInARow = 0;
    const applied = applyMessages(rows, messages);
    rows = applied.rows;
    if (!signal.aborted) follower.onRows(applied, stream.isUpToDate);
  }, (error) => {
    if (!signal.aborted) follower.onEnd(error);
  });
}
