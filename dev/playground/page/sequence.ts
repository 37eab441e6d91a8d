import { useState } from "preact/hooks";
import { html } from "./html.ts";
import { useStore } from "./store.ts";
import { entries, type Entry } from "./trace.ts";

/** Each request on its way through gatekeeper, edge and Electric, the newest first. */
export function Sequence() {
  const all = useStore(entries);
  const [isPaused, setPaused] = useState(false);
  const [kept, setKept] = useState(all);
  const shown = isPaused ? kept : all;
  const pause = () => {
    setKept(all);
    setPaused(!isPaused);
  };
  return html`
    <section class="sequence" aria-labelledby="requests">
      <div class="heading">
        <h2 id="requests">Requests</h2>
        <button type="button" class="quiet" aria-pressed=${isPaused} onClick=${pause}>Pause</button>
      </div>
      <ol>${shown.map((entry) => html`<${Line} key=${entry.trace} entry=${entry} />`)}</ol>
    </section>
  `;
}

function Line({ entry }: { entry: Entry }) {
  const [isOpen, setOpen] = useState(false);
  const onToggle = ({ currentTarget }: Event) =>
    currentTarget instanceof HTMLDetailsElement && setOpen(currentTarget.open);
  return html`
    <li class=${`entry ${entry.who.side}`}>
      <details onToggle=${onToggle}>
          <summary>
            <time>${timeOf(entry.startedAt)}</time>
            <span class="who">${entry.who.name}</span>
        <span class="what">${purposeOf(entry)}</span>
            <span class="hops">${hopsOf(entry)}</span>
            ${entry.reason !== null && html`<span class="reason">${entry.reason}</span>`}
          </summary>
          ${isOpen && html`<${Details} entry=${entry} />`}
        </details>
    </li>
  `;
}

function timeOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (n: number) => `${n}`.padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** What a request is for, in words. */
export function purposeOf({ to, method, url }: Pick<Entry, "to" | "method" | "url">): string {
  const { pathname, searchParams } = new URL(url);
  if (to === "gatekeeper") {
    return `may I sync ${decodeURIComponent(pathname.split("/").at(-1) ?? "")}?`;
  }
  const table = searchParams.get("table") ?? "";
  if (method === "POST") return `${table}: a part of it`;
  if (searchParams.get("offset") === "-1") return `${table}: from the beginning`;
  return searchParams.get("live") === "true"
    ? `${table}: held until there is news`
    : `${table}: go on`;
}

function hopsOf({ to, status, took, unanswered, upstream, cached }: Entry) {
  const name = cached ? "browser's cache" : to;
  const hops = [
    html`
      <${Hop} key="first" name=${name} status=${status} took=${took}
        unanswered=${unanswered} />
    `,
  ];
  if (upstream !== null) {
    const { status, took } = upstream;
    hops.push(
      html`
        <${Hop} key="electric" name="Electric" status=${status} took=${took}
          unanswered=${status === null ? "page left" : null} />
      `,
    );
  }
  return hops;
}

function Hop({ name, status, took, unanswered }: {
  readonly name: string;
  readonly status: number | null;
  readonly took: number | null;
  readonly unanswered: Entry["unanswered"];
}) {
  const outcome = unanswered ?? status ?? "waiting";
  const kind = kindOf(status, unanswered);
  return html`<span class=${`hop ${kind}`}><b>${name}</b> ${outcome}${
    took !== null && unanswered === null
      ? html`
        <small>${Math.round(took)} ms</small>
      `
      : ""
  }</span>`;
}

function kindOf(status: number | null, unanswered: Entry["unanswered"]): string {
  if (unanswered !== null) return unanswered === "page left" ? "over" : "bad";
  if (status === null) return "held";
  return status < 400 ? "good" : "bad";
}

function Details({ entry }: { entry: Entry }) {
  const { method, url, headers, status, answer, upstream } = entry;
  return html`<div class="hop-details">
    <${Message} title="Sent" first=${`${method} ${shortened(url)}`} headers=${headers} />
    ${
    upstream !== null &&
    html`<${Message} title="Built from the token, for Electric" first=${`${upstream.method} ${upstream.url}`} headers=${upstream.headers} />`
  }
    ${
    status !== null && html`<${Message} title="Answered" first=${`${status}`} headers=${answer} />`
  }
  </div>`;
}

const shortened = (url: string) => url.replace(location.origin, "");

function Message({ title, first, headers }: {
  readonly title: string;
  readonly first: string;
  readonly headers: Readonly<Record<string, string>>;
}) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${hidden(value)}`);
  return html`
    <div>
      <h3>${title}</h3>
      <pre tabindex="0" aria-label=${title}>${[first, ...lines].join("\n")}</pre>
    </div>
  `;
}

/** As much of a long value as helps. */
const hidden = (value: string) =>
  value.length > 160 ? `${value.slice(0, 60)}… (${value.length} characters)` : value;
