import fc from "fast-check";
import type { Attacker } from "./attacker.ts";
import { BAD_CLAIMS, BODIES, HEADERS, METHODS, NAMES, PATHS, VALUES } from "./nasty.ts";
import { type Framing, writeQuery, writeRequest } from "./request.ts";
import { SQL, subsetBody } from "./sql_payloads.ts";
import { base64url, forge, inSeconds } from "./tokens.ts";

/** Puts a request together for an attacker: its own tokens and table names come in only here. */
export type Attack = (attacker: Attacker) => Promise<{ bytes: string; last: boolean }>;

type Token = (attacker: Attacker, shape: number) => Promise<string>;

const OTHER_SECRET = "another secret, as long as the one of the servers is";

const headers = fc.constantFrom(
  '{"alg":"HS256"}',
  '{"alg":"none"}',
  '{"alg":"NoNe","typ":"JWT"}',
  '{"alg":""}',
  '{"alg":null}',
  '{"alg":["HS256"]}',
  '{"alg":"HS256","alg":"none"}',
  '{"alg":"HS384"}',
  '{"alg":"HS512"}',
  '{"alg":"ES256"}',
  '{"alg":"EdDSA","kid":"x"}',
  '{"alg":"RS256","jku":"http://127.0.0.1:1/jwks"}',
  '{"alg":"HS256","kid":"../../dev/null"}',
  '{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}',
  '{"alg":"HS256","crit":["b64"],"b64":true}',
  '{"alg":"HS256","crit":["b64"],"b64":false}',
  '{"alg":"HS256","crit":["x"],"x":1}',
  '{"alg":"dir","enc":"A256GCM"}',
  '{"alg":"HS256","zip":"DEF"}',
  "{}",
  "null",
  "[]",
  "",
);

/** All that a good token has besides its shape. */
const timely = () => ({ iss: "gatekeeper", exp: inSeconds(60) });

/** Forged with a secret that isn't ours, or with ours for what isn't a shape or isn't in time. */
const forged: fc.Arbitrary<Token> = fc.oneof(
  fc.record({ header: headers, secret: fc.constantFrom(OTHER_SECRET, " ", "null") })
    .map(({ header, secret }): Token => ({ shapes }, shape) =>
      forge(header, JSON.stringify({ ...timely(), shape: shapes[shape]?.claim }), secret)
    ),
  fc.constantFrom(...BAD_CLAIMS).map((shape): Token => () =>
    forge('{"alg":"HS256"}', JSON.stringify({ ...timely(), shape }))
  ),
  fc.constantFrom('"exp":1', '"exp":"soon"', '"exp":null', '"iat":1', '"exp":[9999999999]')
    .map((exp): Token => ({ shapes }, shape) =>
      forge(
        '{"alg":"HS256"}',
        `{"iss":"gatekeeper","shape":${JSON.stringify(shapes[shape]?.claim)},${exp}}`,
      )
    ),
);

/** A good token with a part of it changed, dropped or moved. */
const bent: fc.Arbitrary<Token> = fc.constantFrom<(parts: [string, string, string]) => string>(
  ([h, p]) => `${h}.${p}.`,
  ([h, p]) => `${h}.${p}`,
  ([h, , s]) => `${h}..${s}`,
  ([, p, s]) => `.${p}.${s}`,
  ([, p, s]) => `${base64url('{"alg":"none"}')}.${p}.${s}`,
  ([h, p, s]) => `${h}.${p.replace(/.$/, (c) => c === "A" ? "B" : "A")}.${s}`,
  ([h, p, s]) => `${h}.${p}.${s[0] === "A" ? "B" : "A"}${s.slice(1)}`,
  ([h, p]) => `${h}.${p}.${"A".repeat(43)}`,
  ([h, p, s]) => `${h}.${p}.${s.slice(0, 20)}`,
  ([h, p, s]) => `${h}.${p}.${s}.${s}`,
  ([h, p, s]) => `${h}.${p}.${s}..`,
  ([h, p, s]) => `${h}.${p}=.${s}`,
  ([h, p, s]) => `${h}.${p}. ${s}`,
  ([h, p, s]) => `${h},${p},${s}`,
  ([h, p, s]) => `${h}%2E${p}%2E${s}`,
  ([h, p, s]) => `${h}.${p}.${s}${"=".repeat(9000)}`,
  (parts) => parts.join(".").toUpperCase(),
  (parts) => `"${parts.join(".")}"`,
  () => "null",
  () => "..",
  () => "",
).map((bend): Token => ({ tokens }, shape) => {
  const [h = "", p = "", s = ""] = (tokens[shape] ?? "").split(".");
  return Promise.resolve(bend([h, p, s]));
});

const good: fc.Arbitrary<Token> = fc.constant<Token>(({ tokens }, shape) =>
  Promise.resolve(tokens[shape] ?? "")
);

/** How a token travels: one place that counts, and all those that must not. */
const carriers = fc.oneof(
  { weight: 18, arbitrary: fc.constant((token: string) => [["authorization", `Bearer ${token}`]]) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<(token: string) => string[][]>(
      (token) => [["Authorization", `bEARER   ${token}`]],
      (token) => [["authorization", `Bearer ${token}, Bearer ${token}`]],
      (token) => [["authorization", `Bearer ${token}`], ["authorization", "Bearer x"]],
      (token) => [["authorization", "Bearer x"], ["Authorization", `Bearer ${token}`]],
      (token) => [["authorization", token]],
      (token) => [["authorization", `Basic ${token}`]],
      (token) => [["authorization", `Bearer\t${token}`]],
      (token) => [["authorization", `Bearer ${token} x`]],
      (token) => [["cookie", `token=${token}; sb-access-token=${token}`]],
      (token) => [["proxy-authorization", `Bearer ${token}`]],
      (token) => [["x-authorization", `Bearer ${token}`], ["apikey", token]],
      () => [],
    ),
  },
);

const pairs = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: "binary", maxLength: 4 })),
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...VALUES) },
      { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 8 }) },
      { weight: 1, arbitrary: fc.constantFrom("x".repeat(9000), "%41".repeat(3000)) },
    ),
    fc.nat({ max: 8 }),
    fc.constantFrom("&", "&", "&", "&&", ";", "?", "#", "&amp;"),
  ),
  { maxLength: 3 },
);

/** Pieces of SQL to put together anew. */
const SQL_PIECES =
  ("id title \"id\" secret_column $1 1 'a' ( ) [ ] , . ; :: = <> like in and or not is null " +
    "desc asc nulls first last limit offset order by for update union select from secrets where table values " +
    "exists case when end any array pg_sleep(1) current_user regclass collate using -- /* */ E' U&\" $$ \\ \u00a0 é")
    .split(" ");

/** A subset query's field, honest, hostile, or put together from pieces of both. */
const subsetFields = fc.oneof(
  fc.constantFrom(...SQL.honest, ...SQL.hostile),
  fc.tuple(
    fc.constantFrom("where", "order_by", "limit", "offset", "params"),
    fc.array(fc.constantFrom(...SQL_PIECES), { minLength: 1, maxLength: 6 })
      .chain((pieces) => fc.constantFrom(" ", "", "\n").map((glue) => pieces.join(glue))),
  ),
  // One of each, with a piece put into it.
  fc.tuple(
    fc.constantFrom(...SQL.honest),
    fc.constantFrom(...SQL_PIECES),
    fc.nat({ max: 40 }),
  ).map(([[field, text], piece, at]) =>
    [field, `${text.slice(0, at)} ${piece} ${text.slice(at)}`] as const
  ),
);

const bodies = fc.oneof(fc.constantFrom(...BODIES), fc.json({ maxDepth: 3 }));

const rarely = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

/** Every attack: an honest request of one of the attacker's shapes, and what is put into it. */
export const attacks: fc.Arbitrary<Attack> = fc.record({
  shape: fc.nat({ max: 2 }),
  asked: rarely<number | null>(null, fc.nat({ max: 2 })),
  token: fc.oneof(
    { weight: 6, arbitrary: good },
    { weight: 1, arbitrary: forged },
    { weight: 1, arbitrary: bent },
  ),
  carrier: carriers,
  method: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("GET", "GET", "POST", "HEAD") },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  ),
  path: rarely<string | null>(null, fc.constantFrom(...PATHS)),
  pairs,
  headers: fc.array(fc.constantFrom(...HEADERS), { maxLength: 2 })
    .map((list) => list.length === 2 ? list.slice(0, 1) : []),
  subset: fc.option(fc.array(subsetFields, { minLength: 1, maxLength: 2 }), { freq: 1 }),
  body: bodies,
  framing: rarely<Framing>("length", fc.constantFrom("chunked", "both", "short", "long", "none")),
}).map((parts): Attack => async (attacker) => {
  const { shape, asked, token, carrier, method, path, framing } = parts;
  const { target, shapes } = attacker;
  const carried = carrier(await token(attacker, shape)).map(([n = "", v = ""]) => [n, v] as const);
  const pieces = writeQuery([...shapes[asked ?? shape]?.query ?? [], ["offset", "-1"]]).split("&");
  for (const [name, value, at, mark] of parts.pairs) {
    pieces.splice(at, 0, `${name}=${value}${mark === "&" ? "" : mark}`);
  }
  const inBody = method === "POST" && parts.subset !== null;
  if (parts.subset !== null && !inBody) {
    for (const [name, text] of parts.subset) {
      pieces.push(`subset__${name}=${encodeURIComponent(text)}`);
    }
  }
  const body = inBody ? subsetBody(parts.subset ?? []) : parts.body;
  const hasBody = method === "POST" || framing !== "length";
  const bytes = writeRequest({
    method,
    target: sendable(`${path ?? target.path}?${pieces.join("&")}`),
    headers: [...carried, ...parts.headers],
    ...hasBody && { body, framing },
  });
  const plain = parts.headers.length === 0 && framing === "length";
  return { bytes, last: !plain };
});

/** Blanks and line ends would end the target before the attack is read. */
function sendable(target: string): string {
  return target.replace(/[\0- \x7f]/g, (char) => encodeURIComponent(char));
}
