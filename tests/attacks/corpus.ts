import type { Pairs } from "../support/http_reader.ts";
import type { Attacker } from "./attacker.ts";
import { BODIES, HEADERS, NAMES, PATHS, VALUES } from "./nasty.ts";
import { type AttackRequest, writeQuery, writeRequest } from "./request.ts";
import { SQL, subsetBody } from "./sql_payloads.ts";

/** An attack written by hand: its bytes, and the statuses that are right for it (0: hung up on). */
export interface CorpusAttack {
  readonly name: string;
  readonly bytes: string;
  readonly statuses: readonly number[];
}

/** Requests and headers: everything that needs a good token to be interesting. */
export function requestAttacks(attacker: Attacker): CorpusAttack[] {
  const { target: { path }, shapes, tokens } = attacker;
  const query = writeQuery(shapes[1]?.query ?? []);
  const auth: Pairs = [["authorization", `Bearer ${tokens[1]}`]];
  const honest = `${path}?${query}`;
  const attack = (name: string, statuses: number[], request: Partial<AttackRequest>) => ({
    name,
    statuses,
    bytes: writeRequest({ target: honest, headers: auth, ...request }),
  });
  const raw = (name: string, statuses: number[], bytes: string) => ({ name, statuses, bytes });
  const token = `authorization: Bearer ${tokens[1]}\r\n`;
  const second = `GET ${path}?table=secrets HTTP/1.1\r\nhost: x\r\n\r\n`;

  return [
    attack("an honest request", [200], {}),
    attack("an honest live request", [200], {
      target: `${honest}&live=true&offset=0_0&handle=1-2`,
    }),
    attack("an honest subset", [200], { method: "POST", body: '{"where":"id = 1"}' }),
    ...SQL.honest.flatMap(([field, text]) => [
      attack(`an honest ${field} ${text}`, [200], {
        target: `${honest}&subset__${field}=${encodeURIComponent(text)}`,
      }),
      attack(`an honest ${field} ${text} in a body`, [200], {
        method: "POST",
        body: subsetBody([[field, text]]),
      }),
    ]),
    ...SQL.hostile.flatMap(([field, text]) => [
      attack(`the ${field} ${text}`, [400], {
        target: `${honest}&subset__${field}=${encodeURIComponent(text)}`,
      }),
      attack(`the ${field} ${text} in a body`, [400], {
        method: "POST",
        body: subsetBody([[field, text]]),
      }),
      attack(`the ${field} ${text} in a body and a URL`, [400], {
        method: "POST",
        target: `${honest}&subset__${field}=${encodeURIComponent(text)}`,
        body: subsetBody([[field, text]]),
      }),
      attack(`${field} ${text} in what Electric ignores`, [/\p{Cc}/u.test(text) ? 400 : 200], {
        target: `${honest}&subset__where_expr=${encodeURIComponent(text)}` +
          `&subset__order_by_expr=${encodeURIComponent(text)}`,
      }),
    ]),
    attack("an honest preflight", [204], { method: "OPTIONS", headers: [] }),

    ...["table", "where", "columns", "params[1]", "replica"].flatMap((name) => [
      attack(`${name} twice`, [400, 403], { target: `${honest}&${name}=x&${name}=x` }),
      attack(`${name}[]`, [400], { target: `${honest}&${name}[]=x` }),
      attack(`${name}[x]`, [400], { target: `${honest}&${name}[x]=x` }),
      attack(`${name} nested, before`, [400], { target: `${path}?${name}[x]=x&${query}` }),
    ]),
    ...["table=secrets", "where=true", "columns=id,secret", "params[1]=mallory"].flatMap((pair) => [
      attack(`${pair} after`, [400], { target: `${honest}&${pair}` }),
      attack(`${pair} before`, [400], { target: `${path}?${pair}&${query}` }),
      attack(`${pair} encoded`, [400], { target: `${honest}&${pair.replace(/^./, percent)}` }),
    ]),
    attack("a hole in params", [400], { target: `${honest}&params[4]=x` }),
    attack("one param more", [403], { target: `${honest}&params[3]=x` }),
    attack("an empty replica", [400], { target: `${honest}&replica=` }),
    attack("no shape", [400], { target: path }),
    ...shapes.map((shape, i) =>
      attack(`shape ${i} with the token of shape 1`, i === 1 ? [200] : [403], {
        target: `${path}?${writeQuery(shape.query)}`,
      })
    ),
    ...["live", "live_sse", "experimental_live_sse"].flatMap((name) =>
      ["", "TRUE", "1", "yes", "true&live=true"].map((value) =>
        attack(`${name}=${value}`, [400], { target: `${honest}&${name}=${value}&${name}=${value}` })
      )
    ),
    ...["offset", "handle", "cursor", "log", "cache-buster", "subset__where"].flatMap((name) => [
      attack(`${name} twice`, [400], { target: `${honest}&${name}=1&${name}=2` }),
      attack(`${name}[]`, [400], { target: `${honest}&${name}[]=1` }),
      attack(`a control character in ${name}`, [400], { target: `${honest}&${name}=%0a` }),
      attack(`an over-long ${name}`, [400], { target: `${honest}&${name}=${"x".repeat(8193)}` }),
    ]),
    ...[
      "secret=x",
      "api_secret=x",
      "source_id=x",
      "queryable_columns=id,secret",
      "experimental_compaction=true",
      "subset[table]=secrets",
      "__proto__[table]=secrets",
      "toString=x",
      "namespace=x",
      "_method=DELETE",
      "table;=secrets",
      "Table=secrets",
    ].map((pair) => attack(`${pair} is dropped`, [200], { target: `${honest}&${pair}` })),

    ...NAMES.map((name) =>
      attack(`the name ${name}`, [200, 400, 403], { target: `${honest}&${name}=secrets` })
    ),
    ...VALUES.flatMap((value) => [
      attack(`the value ${value} for offset`, [200, 400], { target: `${honest}&offset=${value}` }),
      attack(`the value ${value} for table`, [400, 403], {
        target: `${path}?table=${value.replaceAll("&", "%26")}`,
      }),
      attack(`the value ${value} for a second table`, [400], {
        target: `${honest}&table=${value.replace(/[&#].*/, "")}`,
      }),
    ]),
    ...PATHS.map((other) => {
      const known = other === path || /^(http:..evil|https?:.*)\/v1\/shape$/.test(other);
      const shape = [path, "/edge/v1/shape"].includes(other) || known;
      const statuses = shape ? [200, 404] : [200, 400, 404, 405, 0].filter((s) => s !== 200);
      if (/health|jwks/.test(other)) statuses.push(200);
      return attack(`the path ${other}`, statuses, { target: `${other}?${query}` });
    }),
    ...["DELETE", "PUT", "PATCH", "TRACE", "get", "PROPFIND", "PURGE"].map((method) =>
      attack(`the method ${method}`, [400, 405, 0], { method })
    ),
    ...HEADERS.map(([name, value]) =>
      attack(`the header ${name}: ${value}`, [200, 400, 401, 404, 0], {
        headers: [...auth, [name, value]],
      })
    ),
    ...BODIES.flatMap((body) => [
      attack(`the body ${body.slice(0, 60)}`, [200, 400], { method: "POST", body }),
      attack(`the chunked body ${body.slice(0, 60)}`, [200, 400], {
        method: "POST",
        body,
        framing: "chunked",
      }),
      attack(`the body of a GET ${body.slice(0, 60)}`, [200], { body }),
    ]),
    ...(["length", "chunked"] as const).map((framing) =>
      attack(`${framing} body over the limit`, [413], {
        method: "POST",
        body: `{"where":"${"x".repeat(1024 * 1024)}"}`,
        framing,
      })
    ),

    raw(
      "two Authorization headers",
      [401],
      `GET ${honest} HTTP/1.1\r\nhost: x\r\n${token}${token}\r\n`,
    ),
    raw("a folded header", [400, 0], `GET ${honest} HTTP/1.1\r\nhost: x\r\nx: a\r\n ${token}\r\n`),
    raw("a line feed for an end", [200, 400, 0], `GET ${honest} HTTP/1.1\nhost: x\n${token}\n`),
    raw("two hosts", [400], `GET ${honest} HTTP/1.1\r\nhost: x\r\nhost: evil\r\n${token}\r\n`),
    raw("no host", [200, 400], `GET ${honest} HTTP/1.1\r\n${token}\r\n`),
    raw("HTTP/1.0", [200, 400], `GET ${honest} HTTP/1.0\r\n${token}\r\n`),
    raw("HTTP/0.9", [400, 0], `GET ${honest}\r\n`),
    raw("HTTP/2 preface", [400, 0], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    raw(
      "an over-long target",
      [400, 414, 431, 0],
      `GET ${path}?a=${"x".repeat(300_000)} HTTP/1.1\r\n\r\n`,
    ),
    raw(
      "2000 headers",
      [200, 400, 431, 0],
      `GET ${honest} HTTP/1.1\r\nhost: x\r\n${token}${"x: y\r\n".repeat(2000)}\r\n`,
    ),
    raw(
      "5000 parameters",
      [200, 400, 0],
      `GET ${honest}${"&a=b".repeat(5000)} HTTP/1.1\r\nhost: x\r\n${token}\r\n`,
    ),
    raw(
      "a request in an unread body",
      [401],
      `POST ${honest} HTTP/1.1\r\nhost: x\r\ncontent-length: ${second.length}\r\n\r\n${second}`,
    ),
    raw(
      "a request after a length of 0",
      [200, 400, 401, 0],
      `POST ${honest} HTTP/1.1\r\nhost: x\r\n${token}content-length: 0\r\n\r\n${second}`,
    ),
    ...[
      "content-length: 6\r\ntransfer-encoding: chunked",
      "transfer-encoding: chunked\r\ncontent-length: 6",
      "transfer-encoding: xchunked",
      "transfer-encoding : chunked",
      "transfer-encoding:\tchunked",
      "transfer-encoding: chunked\r\ntransfer-encoding: identity",
      "transfer-encoding: chunked, identity",
      "transfer-encoding: identity, chunked",
      "content-length: 0\r\ncontent-length: 6",
      "content-length: +5",
      "content-length: 5 ",
      "content-length: 5,5",
      "content-length: 99999999999999999999",
    ].map((framing) =>
      raw(
        `smuggled by ${framing}`,
        [200, 400, 401, 413, 501, 0],
        `POST ${honest} HTTP/1.1\r\nhost: x\r\n${token}${framing}\r\n\r\n0\r\n\r\n${second}`,
      )
    ),
    ...[
      "2;a\nb\r\n{}\r\n0\r\n\r\n",
      "2\n{}\n0\n\n",
      "0x2\r\n{}\r\n0\r\n\r\n",
      "ffffffffffffffff1\r\n{}",
      "2\r\n{}0\r\n\r\n",
      "-2\r\n{}\r\n",
      "2\r\n{}\r\n0\r\nauthorization: x\r\n\r\n",
    ].map((chunks) =>
      raw(
        `the chunks ${JSON.stringify(chunks)}`,
        [200, 400, 0],
        `POST ${honest} HTTP/1.1\r\nhost: x\r\n${token}transfer-encoding: chunked\r\n\r\n${chunks}`,
      )
    ),
  ];
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16)}`;
}
