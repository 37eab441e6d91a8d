import { Tap, type TapAnswer, type TappedRequest } from "../support/tap.ts";
import { NotServed } from "./electric_identifier.ts";
import { decodeQuery } from "./electric_query.ts";
import { readAsElectric, readSubsetFields, type Served } from "./electric_reader.ts";
import { faultsOfSubset } from "./electric_subset.ts";
import { laneOf } from "./signed_shapes.ts";

/** What the proxies add to each request, as `ELECTRIC_SECRET` and `ELECTRIC_SOURCE_ID`. */
export const SECRET = "the secret & of Electric";
export const SOURCE_ID = "source-1";

/** What may arrive: the design's list, and what `fetch` needs or adds. */
const HEADERS =
  ("accept accept-encoding content-type if-none-match if-modified-since traceparent " +
    "tracestate host connection content-length user-agent accept-language " +
    // What Node's fetch adds.
    "sec-fetch-mode cache-control pragma").split(" ");

/** The handle that every shape has. */
export const HANDLE = "1-2";

/** What Electric would serve for a request that arrived, and what is wrong with it besides. */
export interface Arrival {
  readonly text: string;
  readonly served: Served | null;
  readonly faults: readonly string[];
  /** Whether a proxy asks which handle a shape has; it may, a second after the client has left. */
  readonly isQuestion: boolean;
}

/**
 * Stands in Electric's place: reads every arriving request as Electric would, keeps it by lane, and
 * answers 200 with the shape that it would serve.
 */
export class ElectricTap implements AsyncDisposable {
  readonly #tap = new Tap();
  #kept: Arrival[] = [];
  /** How many requests arrived so far. */
  count = 0;

  /** `checksHandles`: the proxy lets no handle through that upstream didn't name; Caddy can't. */
  constructor(private readonly checksHandles = true) {
    this.#tap.answer = (request) => this.#answer(request);
  }

  get url(): string {
    return this.#tap.url;
  }

  /** What arrived since the last call for a lane, and what can't be told to be any lane's. */
  take(lane: number): Arrival[] {
    const isOthers = ({ served }: Arrival) => {
      const found = served === null ? NaN : laneOf(served);
      return !Number.isNaN(found) && found !== lane;
    };
    const taken = this.#kept.filter((arrival) => !isOthers(arrival));
    this.#kept = this.#kept.filter(isOthers);
    return taken;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#tap[Symbol.asyncDispose]();
  }

  #answer(request: TappedRequest): TapAnswer {
    this.count++;
    this.#tap.requests.length = 0;
    const { method, target, body } = request;
    const text = `${method} ${target} ${body}`;
    const faults = faultsOf(request, this.url.slice("http://".length));
    const handle = resumedWith(target);
    if (this.checksHandles && ![null, HANDLE, NOBODYS].includes(handle)) {
      faults.push("a foreign handle");
    }
    let served: Served | null = null;
    try {
      served = readAsElectric(request);
      faults.push(...faultsOfSubset(readSubsetFields(request), served.queryable));
    } catch (error) {
      if (!(error instanceof NotServed)) throw error;
      faults.push(`Electric refuses: ${error.message}`);
    }
    const isQuestion = handle === NOBODYS;
    this.#kept.push({ text, served, faults, isQuestion });
    const rows = new TextEncoder().encode(JSON.stringify(served));
    return {
      status: [null, HANDLE].includes(handle) ? 200 : 409,
      headers: [
        ["content-type", "application/json"],
        ["content-length", `${rows.length}`],
        ["electric-handle", HANDLE],
        ["access-control-allow-origin", "*"],
        ["cache-control", "no-store"],
      ],
      body: method === "HEAD" ? "" : rows,
    };
  }
}

/** What the proxies ask with when they need the handle that a shape has: nobody's. */
const NOBODYS = "0-0";

/** The handle that Electric would look at. */
function resumedWith(target: string): string | null {
  const fields = decodeQuery(target.slice(target.indexOf("?") + 1));
  const [offset, handle] = [fields.get("offset"), fields.get("handle")];
  const given = typeof handle === "string" && handle.trim() !== "" ? handle : null;
  return offset === "-1" || offset === "now" ? null : given;
}

/** Whatever would tell Electric, or a CDN before it, more than it may know. */
function faultsOf({ target, headers }: TappedRequest, host: string): string[] {
  const names = headers.map(([name]) => name);
  const faults = names.filter((name) => !HEADERS.includes(name)).map((name) => `header ${name}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) faults.push(`header ${twice} twice`);
  if (headers.find(([name]) => name === "host")?.[1] !== host) faults.push("another host");
  const query = target.slice(target.indexOf("?") + 1);
  const fields = decodeQuery(query);
  for (const [name, value] of [["secret", SECRET], ["source_id", SOURCE_ID]] as const) {
    const given = query.split("&").filter((pair) => pair.startsWith(`${name}=`)).length;
    if (given !== 1) faults.push(`${name} ${given} times`);
    if (fields.get(name) !== value) faults.push(`another ${name}`);
  }
  if (fields.has("api_secret")) faults.push("api_secret");
  return faults;
}
