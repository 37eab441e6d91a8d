import { expire, revoke } from "./api.ts";
import { type Grant, queryOf } from "./ask.ts";
import { decode, type Decoded, sign, withSignature } from "./claims.ts";

/** What is attacked: a token that somebody was granted, and what isn't theirs. */
export interface Target {
  readonly grant: Grant;
  /** What a request is answered with that asks for what was granted. */
  readonly honestStatus: number;
  readonly userId: string | null;
  /** A table that the token isn't for. */
  readonly other: string;
  /** A column that the token leaves out; `null` where it leaves none out. */
  readonly hidden: string | null;
  /** The gatekeeper's own proxy. */
  readonly proxy: string;
}

/** A request, ready to be sent. */
export interface Sent {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly token: string;
  readonly body: string | null;
  /** What is wrong with it, as it stands there. */
  readonly wrong: string;
}

/** Nothing was sent, for there is nothing to try on this target. */
export interface NotSent {
  readonly notSent: string;
}

/** A way to ask for more than was granted. */
export interface Attack {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** The status that it must be answered with. */
  readonly status: number;
  /** Who refuses it, and why. */
  readonly why: string;
  readonly make: (target: Target) => Sent | NotSent | Promise<Sent | NotSent>;
}

const NOTHING_HIDDEN: NotSent = { notSent: "This token leaves no column out." };
const NOBODYS: NotSent = { notSent: "This token is nobody's in particular: choose a user above." };

/** A secret of the attacker's own. */
const OWN_SECRET = "the attacker's own secret, and long enough";

export const ATTACKS: readonly Attack[] = [
  {
    id: "where",
    title: "Change where",
    about: "Send the good token, and ask for all rows.",
    status: 403,
    why: "The shape that is asked for isn't the one that is signed.",
    make: ({ grant }) => get(grant, { where: "true", params: {} }, { wrong: "where=true" }),
  },
  {
    id: "twice",
    title: "Name the table twice",
    about: "One reader takes the first, another the last: send the good one and another.",
    status: 400,
    why: "What two readers could take differently isn't read at all.",
    make({ grant, other }) {
      const sent = get(grant, {}, { wrong: `table=${other}` });
      return { ...sent, url: sent.url.replace("?", `?table=${encodeURIComponent(other)}&`) };
    },
  },
  {
    id: "forged",
    title: "Forge the token",
    about: "Write another table into the token, and keep its signature.",
    status: 401,
    why: "The signature is of other bytes.",
    make({ grant, other }) {
      const signature = grant.token.split(".").at(-1) ?? "";
      return withToken(other, withSignature(forged(grant, other), signature), grant);
    },
  },
  {
    id: "resigned",
    title: "Sign the token anew",
    about: "Write another table into the token, and sign it with a secret of one's own.",
    status: 401,
    why: "The signature isn't made with the gatekeeper's key.",
    make: async ({ grant, other }) =>
      withToken(other, await sign(forged(grant, other), OWN_SECRET), grant),
  },
  {
    id: "unsigned",
    title: "Take the signature off",
    about: "Say in the token that it needs none: alg is none.",
    status: 401,
    why: "The keys say which algorithm counts, never the token.",
    make({ grant, other }) {
      const { claims } = forged(grant, other);
      return withToken(other, withSignature({ header: { alg: "none" }, claims }, ""), grant);
    },
  },
  {
    id: "body",
    title: "POST another table",
    about: "Electric takes a body over the query: name another table there.",
    status: 400,
    why: "A body may hold a subset query and nothing else.",
    make: ({ grant, other }) => post(grant, { table: other }),
  },
  {
    id: "order",
    title: "Sort by a hidden column",
    about: "The order of the rows tells what a column holds that the token leaves out.",
    status: 400,
    why: "Only columns of the token may be named.",
    make: ({ grant, hidden }) =>
      hidden === null ? NOTHING_HIDDEN : post(grant, { order_by: hidden, limit: 1 }),
  },
  {
    id: "guess",
    title: "Guess a hidden column",
    about: "Whether a row comes back tells, letter by letter, what a hidden column holds.",
    status: 400,
    why: "The edge tells Electric which columns a query may name, and Electric refuses the others.",
    make: ({ grant, hidden }) =>
      hidden === null
        ? NOTHING_HIDDEN
        : post(grant, { where: `${hidden} like $1`, params: { 1: "L%" } }),
  },
  {
    id: "subquery",
    title: "Ask another table by the way",
    about: "Narrow the rows by a subquery on a table that nobody granted.",
    status: 400,
    why: "A client's clause speaks of its own table alone.",
    make: ({ grant, other }) => post(grant, { where: `1 in (select 1 from ${other})` }),
  },
  {
    id: "expired",
    title: "Replay an expired token",
    about: "The same token as it will be in two hours, signed with the gatekeeper's own key.",
    status: 401,
    why: "Its time is over.",
    make: async ({ grant }) =>
      get(grant, {}, { token: await expire(grant.token), wrong: "Authorization" }),
  },
];

/** Only where tokens can be revoked; the gatekeeper's own proxy hears of it at once. */
export const REVOKED: Attack = {
  id: "revoked",
  title: "Replay a revoked token",
  about: "Revoke this user's tokens, then send one that was good a moment ago.",
  status: 401,
  why: "It was signed before its user's tokens were revoked.",
  async make({ grant, userId, proxy }) {
    if (userId === null) return NOBODYS;
    await revoke(userId, grant.token);
    return { ...get(grant, {}, { wrong: "Authorization" }), url: urlOf({ ...grant, url: proxy }) };
  },
};

/** The same request with nothing wrong in it. */
export const honest = (grant: Grant): Sent => get(grant, {}, { wrong: "" });

function urlOf({ url, params }: Grant): string {
  return `${url}?${queryOf(params)}&offset=-1`;
}

function get(
  grant: Grant,
  changed: Partial<Grant["params"]>,
  { token = grant.token, wrong }: { readonly token?: string; readonly wrong: string },
): Sent {
  const url = urlOf({ ...grant, params: { ...grant.params, ...changed } });
  return { url, method: "GET", token, body: null, wrong };
}

function post(grant: Grant, body: unknown): Sent {
  const text = JSON.stringify(body);
  return { url: urlOf(grant), method: "POST", token: grant.token, body: text, wrong: text };
}

/** The token's claims, with all rows of another table as its shape. */
function forged({ token }: Grant, other: string): Decoded {
  const { header, claims } = decode(token);
  return { header, claims: { ...claims, shape: { table: other } } };
}

function withToken(table: string, token: string, grant: Grant): Sent {
  const url = urlOf({ ...grant, params: { table } });
  return { url, method: "GET", token, body: null, wrong: `table=${table}` };
}
