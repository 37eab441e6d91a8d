import { signList } from "../../gatekeeper/revocations/publish.ts";
import { digestOf, type RevocationList } from "../../shared/revocations.ts";
import { AUTH_SECRET, type Env, startEdge } from "../support/servers.ts";
import { Tap, type TapReply } from "../support/tap.ts";
import { now, signToken } from "../support/token.ts";

/** Milliseconds after which a request that nobody ends is given up. */
export const PATIENCE = 20_000;

/** The key that edges know, as a gatekeeper signs with it. */
export const SIGNING = {
  header: { alg: "HS256" },
  key: new TextEncoder().encode(AUTH_SECRET),
} as const;

/** A list that revokes what was issued to someone until now; `ago`: seconds since it was true. */
export async function listOf(subjects: readonly string[] = [], ago = 0): Promise<RevocationList> {
  const digests = await Promise.all(subjects.map(digestOf));
  return {
    issuedAt: Date.now() / 1000 - ago,
    everyone: -Infinity,
    subjects: new Map(digests.map((digest) => [digest, now()])),
    tables: new Map(),
  };
}

/** A list as a gatekeeper signs it. */
export async function signed(subjects: readonly string[] = [], ago = 0): Promise<string> {
  return await signList(await listOf(subjects, ago), SIGNING, {});
}

/** What a gatekeeper answers with a list, or who stands in its place with anything. */
export function reply(text: string, headers: [string, string][] = [], status = 200): TapReply {
  const body = new TextEncoder().encode(text);
  return { status, body, headers: [["content-length", `${body.length}`], ...headers] };
}

/** An edge, with taps in the places of Electric and of the gatekeeper. */
export interface ListStack extends AsyncDisposable {
  readonly electric: Tap;
  readonly gatekeeper: Tap;
  readonly url: string;
  readonly port: number;
  readonly lines: readonly string[];
  /** The status of a request with a token of someone's, issued a minute ago. */
  status(subject?: string): Promise<number>;
}

/** How to start a {@link ListStack}. */
export interface ListStackOptions {
  readonly start?: typeof startEdge;
  /** Claims that its tokens must have. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** Starts it; `first` is what the gatekeeper answers. */
export async function startListStack(
  first: TapReply,
  env: Env = {},
  { start = startEdge, claims = {} }: ListStackOptions = {},
): Promise<ListStack> {
  await using open = new AsyncDisposableStack();
  const [electric, gatekeeper] = [open.use(new Tap()), open.use(new Tap())];
  gatekeeper.answer = first;
  const { url, port, process } = open.use(
    await start({
      ELECTRIC_URL: electric.url,
      AUTH_REVOCATIONS_URL: `${gatekeeper.url}/.well-known/revocations`,
      AUTH_REVOCATIONS_INTERVAL: "1",
      ...env,
    }),
  );
  const kept = open.move();
  return {
    electric,
    gatekeeper,
    url,
    port,
    lines: process.lines,
    async status(subject = "alice") {
      const response = await ask(url, await tokenOf(subject, claims));
      await response.body?.cancel();
      return response.status;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A token of someone's, issued a minute ago. */
export function tokenOf(subject: string, claims: Record<string, unknown> = {}): Promise<string> {
  return signToken({ sub: subject, iat: now() - 60, shape: { table: "items" }, ...claims });
}

/** Asks an edge for `items`. */
export function ask(url: string, token: string, rest = "&offset=-1"): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(PATIENCE);
  return fetch(`${url}/v1/shape?table=items${rest}`, { headers, signal });
}

/** Waits until the edge has asked for its list `times` more, and has read the answer. */
export async function untilAsked(stack: ListStack, times = 1): Promise<void> {
  const { requests } = stack.gatekeeper;
  const wanted = requests.length + times;
  for (let i = 0; requests.length < wanted; i++) {
    if (i > 300) throw new Error("the edge doesn't ask for its list");
    await stack.status();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await new Promise((resolve) => setTimeout(resolve, 150));
}
