import type { GuardLine } from "../protocol.ts";
import type { Attack, NotSent, Sent } from "./attacks.ts";
import { html } from "./html.ts";

/** What became of an attack, why it wasn't sent, or what went wrong. */
export type Result =
  | {
    readonly sent: Sent;
    readonly status: number;
    readonly message: string;
    readonly reason: string | null;
    readonly isRefused: boolean;
    /** What a request for the granted shape was answered with, with the same token. */
    readonly honestStatus: number;
  }
  | NotSent
  | { readonly failed: string };

interface Props {
  readonly attack: Attack;
  readonly result: Result | null;
  readonly guard: GuardLine | undefined;
  readonly canTry: boolean;
  readonly onTry: () => void;
}

/** An attack, and once it was tried: what was sent, what was refused and why, and the line that did it. */
export function AttackCard({ attack, result, guard, canTry, onTry }: Props) {
  return html`
    <article class="card" data-attack=${attack.id} aria-labelledby=${`attack-${attack.id}`}>
      <div class="head">
        <h3 id=${`attack-${attack.id}`}>${attack.title}</h3>
        <button type="button" class="quiet" disabled=${!canTry} aria-describedby=${`attack-${attack.id}`}
          onClick=${onTry}>Try it</button>
      </div>
      <p class="about">${attack.about}</p>
      <div role="status">${result !== null &&
        html`<${Outcome} attack=${attack} result=${result} guard=${guard} />`}</div>
    </article>
  `;
}

function Outcome({ attack, result, guard }: {
  readonly attack: Attack;
  readonly result: Result;
  readonly guard: GuardLine | undefined;
}) {
  if ("failed" in result) return html`<p class="message">${result.failed}</p>`;
  if ("notSent" in result) {
    return html`<p><span class="pill">nothing to try</span> ${result.notSent}</p>`;
  }
  const { sent, status, message, reason, isRefused, honestStatus } = result;
  return html`<dl>
    <div><dt>Sent</dt><dd><pre tabindex="0" aria-label="What was sent">${
    withMark(textOf(sent), sent.wrong)
  }</pre></dd></div>
    <div><dt>Answered</dt><dd>
      <span class=${isRefused ? "pill good" : "pill bad"}>${
    isRefused ? `refused with ${status}` : `answered with ${status}`
  }</span>
      <span class="said"> ${message}${
    reason !== null && html`
      <small>Log: ${reason}</small>
    `
  }</span>
    </dd></div>
    <div><dt>Why</dt><dd>${attack.why} <small>The honest request before it: ${honestStatus}.</small></dd></div>
    ${
    guard !== undefined && html`
      <div>
        <dt>The line that did it</dt>
        <dd>
            <code class="place">${guard.file}:${guard
              .line}</code><pre tabindex="0" aria-label="The line of code">${guard.code}</pre>
          </dd>
      </div>
    `
  }
  </dl>`;
}

function textOf({ method, url, token, body }: Sent): string {
  const { pathname, searchParams } = new URL(url);
  // Decoded, to be read; the list of requests has it as it was sent.
  const query = [...searchParams].map(([name, value], i) =>
    `  ${i === 0 ? "?" : "&"}${name}=${value}`
  );
  const lines = [`${method} ${pathname}`, ...query, `Authorization: Bearer ${shortened(token)}`];
  return [...lines, ...(body === null ? [] : ["", body])].join("\n");
}

const shortened = (token: string) => `${token.slice(0, 14)}…${token.slice(-8)}`;

/** Marks the last place where a text stands. */
function withMark(text: string, wrong: string) {
  const at = wrong === "" ? -1 : text.lastIndexOf(wrong);
  if (at < 0) return text;
  return [text.slice(0, at), html`<mark>${wrong}</mark>`, text.slice(at + wrong.length)];
}
