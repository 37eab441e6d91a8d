import type { State } from "../protocol.ts";
import { askGatekeeper, type Grant } from "./ask.ts";
import type { Result } from "./attack_card.ts";
import { type Attack, honest, type Sent, type Target } from "./attacks.ts";
import type { Session } from "./session.ts";
import { entries, traced } from "./trace.ts";

const SIDE = { side: "attack", name: "attacker" };

/** Milliseconds that the log's line about a refusal may take to be here. */
const LOGGED_WITHIN = 250;

/** Gets the token that is attacked, and finds what it doesn't open. */
export async function findTarget(state: State, session: Session, what: string): Promise<Target> {
  const ask = { kind: "table", name: what, where: "", json: "" } as const;
  const grant = await askGatekeeper(SIDE, session.accessToken, ask);
  const { status: honestStatus } = await send(honest(grant));
  const columns = state.tables.find(({ table }) => table === what)?.columns ?? [];
  return {
    grant,
    honestStatus,
    userId: session.id ?? null,
    other: state.tables.find(({ table }) => table !== what && table !== "items")?.table ??
      "secrets",
    hidden: hiddenColumn(columns.map(({ name }) => name), grant),
    proxy: `${location.origin}/proxy/v1/shape`,
  };
}

function hiddenColumn(names: readonly string[], { params: { columns } }: Grant): string | null {
  return names.find((name) => columns?.includes(name) === false) ?? null;
}

/** Sends an attack, where there is something to try. */
export async function run(attack: Attack, target: Target): Promise<Result> {
  const sent = await attack.make(target);
  if ("notSent" in sent) return sent;
  const { status, message, reason } = await send(sent);
  const isRefused = status === attack.status;
  return { sent, status, message, reason, isRefused, honestStatus: target.honestStatus };
}

/** How many attacks were refused, of those that were sent. */
export function countOf(results: readonly Result[]): string {
  const sent = results.filter((result) => !("notSent" in result));
  const refused = sent.filter((result) => "sent" in result && result.isRefused);
  const others = results.length - sent.length;
  const rest = others === 0 ? "" : `, ${others} ${others === 1 ? "doesn't" : "don't"} apply`;
  return results.length === 0 ? "" : `${refused.length} of ${sent.length} refused${rest}`;
}

async function send({ url, method, token, body }: Sent) {
  const init = {
    method,
    headers: { authorization: `Bearer ${token}` },
    cache: "no-store",
  } as const;
  const response = await traced(SIDE, "edge", url, body === null ? init : { ...init, body });
  const answer = await response.json();
  const message = response.ok ? countedIn(answer) : saidIn(answer);
  const reason = response.ok ? null : await reasonOf(url, response.status);
  return { status: response.status, message, reason };
}

function countedIn(answer: { readonly length?: number }): string {
  const { length } = answer;
  return length === undefined ? "" : `${length} ${length === 1 ? "message" : "messages"}`;
}

/** A refusal's words; Electric has more of them in `errors`. */
function saidIn(
  { message, errors }: { readonly message?: string; readonly errors?: unknown },
): string {
  return [message, ...(errors === undefined ? [] : [JSON.stringify(errors)])].join(": ");
}

/** What the server's log says of the request, if it does: it tells each reason once in a while. */
async function reasonOf(url: string, status: number): Promise<string | null> {
  if (status !== 401 && status !== 403) return null;
  await new Promise((resolve) => setTimeout(resolve, LOGGED_WITHIN));
  return entries.value.find((entry) => entry.url === url)?.reason ?? null;
}
