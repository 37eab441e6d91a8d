import type { Event, Upstream } from "../protocol.ts";
import { Store } from "./store.ts";

/** Who asks: a person of a column of the page's, or an attacker. */
export interface Asker {
  readonly side: string;
  readonly name: string;
}

/** A request of the page's, and what became of it. */
export interface Entry {
  /** Its name on the way (W3C Trace Context): the edge passes it on. */
  readonly trace: string;
  /** Whose it is. */
  readonly who: Asker;
  readonly to: "gatekeeper" | "edge";
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly startedAt: number;
  /** Milliseconds until the answer began; `null` while it is held. */
  readonly took: number | null;
  readonly status: number | null;
  readonly answer: Readonly<Record<string, string>>;
  /** Why there is no answer: the page didn't wait for it, or none came. */
  readonly unanswered: "page left" | "no answer" | null;
  /** What the server's own log says of a refusal. */
  readonly reason: string | null;
  readonly upstream: Upstream | null;
  /** It was answered without Electric, which only the browser's own cache does. */
  readonly cached: boolean;
}

/** As many requests as are shown. */
const KEPT = 60;
/** What the edge asked of Electric is known by then, after the answer, in milliseconds. */
const KNOWN_WITHIN = 500;
/** A line of a log may be here before the answer that it is about, in milliseconds. */
const SOON = 120;

/** The requests, the newest first. */
export const entries = new Store<readonly Entry[]>([]);

/** Fetches, and shows it. */
export async function traced(
  who: Asker,
  to: Entry["to"],
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const trace = hex(16);
  const headers = new Headers(init.headers);
  headers.set("traceparent", `00-${trace}-${hex(8)}-01`);
  const startedAt = Date.now();
  add({
    ...{ trace, who, to, url, startedAt, method: init.method ?? "GET" },
    headers: Object.fromEntries(headers),
    ...{
      took: null,
      status: null,
      answer: {},
      unanswered: null,
      reason: null,
      upstream: null,
      cached: false,
    },
  });
  const began = performance.now();
  try {
    const response = await fetch(url, { ...init, headers });
    const { status } = response;
    const answer = Object.fromEntries(response.headers);
    change(trace, { status, answer, took: performance.now() - began });
    if (to === "edge" && response.ok) setTimeout(() => noteCached(trace), KNOWN_WITHIN);
    return response;
  } catch (error) {
    const unanswered = init.signal?.aborted === true ? "page left" : "no answer";
    change(trace, { unanswered, took: performance.now() - began });
    throw error;
  }
}

function hex(bytes: number): string {
  const all = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(all, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function add(entry: Entry): void {
  entries.set([entry, ...entries.value].slice(0, KEPT));
}

function change(trace: string, changed: Partial<Entry>): void {
  entries.set(entries.value.map((one) => one.trace === trace ? { ...one, ...changed } : one));
}

function noteCached(trace: string): void {
  const entry = entries.value.find((one) => one.trace === trace);
  if (entry?.upstream === null) change(trace, { cached: true });
}

/** Hears of what the servers did; `onConnection` is told whether they are there. */
export function listen(onConnection: (isOpen: boolean) => void): void {
  const source = new EventSource("/playground/events");
  source.onopen = () => onConnection(true);
  source.onerror = () => onConnection(false);
  source.onmessage = ({ data }) => {
    const event: Event = JSON.parse(data);
    if (event.type === "upstream") change(event.upstream.trace, { upstream: event.upstream });
    else setTimeout(() => readReason(event.text), SOON);
  };
}

/** Lines that say why: `gatekeeper: POST /gatekeeper/todos 403: denied`, `edge: 401 expired`. */
const OF_GATEKEEPER = /^gatekeeper: \w+ (?<path>\S+) (?<status>\d+): (?<reason>.+)$/;
const OF_PROXY = /^(edge|gatekeeper): (?<status>40[13]) (?<reason>[a-z].*)$/;

function readReason(line: string): void {
  const { path, status, reason } = OF_GATEKEEPER.exec(line)?.groups ??
    OF_PROXY.exec(line)?.groups ?? {};
  if (reason === undefined) return;
  const about = entries.value.find((entry) =>
    entry.status === Number(status) && entry.reason === null &&
    (path === undefined ? entry.to === "edge" : new URL(entry.url).pathname === path)
  );
  if (about !== undefined) change(about.trace, { reason });
}
