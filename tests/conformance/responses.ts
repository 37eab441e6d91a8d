import assert from "node:assert/strict";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Pairs } from "../support/http_reader.ts";
import type { Check } from "./check.ts";
import type { Subject } from "./subject.ts";

const ACCEPT = [["accept-encoding", "gzip, br"]] as const;
const ETAG = '"137970405-1763929000:-1:0_0"';
const ROWS = JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ value: { id: `${i}` } })));

/** The rows as a CDN may send them. */
const COMPRESSED = { gzip: gzipSync(ROWS), br: brotliCompressSync(ROWS) };

/** End-to-end headers of an answer, some that Electric doesn't have yet. */
const HEADERS = [
  ["access-control-allow-methods", "GET, POST, HEAD, DELETE, OPTIONS"],
  ["access-control-allow-origin", "*"],
  ["access-control-expose-headers", "*"],
  ["age", "3"],
  ["cache-control", "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746"],
  ["cdn-cache-control", "max-age=60"],
  ["content-length", `${ROWS.length}`],
  ["content-type", "application/json; charset=utf-8"],
  ["date", "Mon, 23 Nov 2020 20:00:00 GMT"],
  ["electric-future-header", "1, 2"],
  ["electric-handle", "137970405-1763929000"],
  ["electric-offset", "0_0"],
  [
    "electric-schema",
    '{"id":{"type":"uuid","pk_index":0},"gr\u00c3\u00b6\u00c3\u009fe":{"type":"text"}}',
  ],
  ["etag", ETAG],
  ["link", "</a>; rel=preload"],
  ["server", "ElectricSQL/1.7.12"],
  ["set-cookie", "a=1; Path=/"],
  ["set-cookie", "b=2; Path=/"],
  ["x-request-id", "GHlP2ZJ"],
] as const;

const HOP_BY_HOP = [
  ["connection", "keep-alive, X-Hop"],
  ["keep-alive", "timeout=5"],
  ["proxy-authenticate", "Basic"],
  ["proxy-connection", "keep-alive"],
  ["te", "trailers"],
  ["trailer", "x-sum"],
  ["upgrade", "h2c"],
  ["x-hop", "1"],
] as const;

/** Headers without `vary`, what a runtime that compresses is told, and what is its own; sorted. */
function endToEnd(headers: Pairs, { habits }: Subject): string[] {
  return headers.filter(([name]) => !habits.addsToAnswers.includes(name.toLowerCase())).map((
    [name, value],
  ) => [name.toLowerCase(), value] as const)
    .filter(([name, value]) =>
      name !== "vary" && !(name === "content-encoding" && value === "identity")
    )
    .map((pair) => pair.join(": ")).sort();
}

/** The length of what was inflated may be told or not. */
function withoutLength(headers: Pairs): Pairs {
  return headers.filter(([name, value]) =>
    !/^(content-length|transfer-encoding)$/i.test(name) || value === "0"
  );
}

/** Electric's answer as the client gets it. */
export const responses: readonly Check[] = [
  ["every end-to-end header and byte arrives as sent", async (subject) => {
    for (const headers of [[], ACCEPT]) {
      subject.tap.reset({ headers: [...HEADERS, ["vary", "accept-encoding"]], body: ROWS });
      const response = await subject.ask({ headers });
      assert.equal(response.text, ROWS);
      assert.deepEqual(endToEnd(response.headers, subject), endToEnd(HEADERS, subject));
    }
  }],
  ["content-encoding is never added for a client that accepts none", async (subject) => {
    subject.tap.reset({ headers: HEADERS, body: ROWS });
    assert.equal((await subject.ask()).header("content-encoding"), undefined);
  }],
  ["a strong etag stays strong", async (subject) => {
    for (const encoding of ["gzip", "br", "gzip, deflate, br, zstd", "*", "identity"]) {
      subject.tap.reset({ headers: HEADERS, body: ROWS });
      const response = await subject.ask({ headers: [["accept-encoding", encoding]] });
      assert.equal(response.header("etag"), ETAG, encoding);
      assert.equal(response.text, ROWS, encoding);
    }
  }],
  ["hop-by-hop headers don't pass, nor those that Connection names", async (subject) => {
    subject.tap.reset({ headers: [...HEADERS, ...HOP_BY_HOP], body: ROWS });
    const response = await subject.ask();
    assert.deepEqual(endToEnd(response.headers, subject), endToEnd(HEADERS, subject));
  }],
  // A runtime that may compress adds Accept-Encoding, which Electric says anyway.
  ["Vary gains Authorization once, and loses nothing", async (subject) => {
    const cases: readonly [Pairs, string[]][] = [
      [[], ["authorization"]],
      [[["vary", "accept-encoding"]], ["authorization"]],
      [[["vary", "Origin, Authorization"]], ["authorization", "origin"]],
      [[["vary", "a"], ["vary", "b"]], ["a", "authorization", "b"]],
      [[["vary", "*"]], ["*"]],
    ];
    for (const [vary, expected] of cases) {
      subject.tap.reset({ headers: [...HEADERS, ...vary], body: ROWS });
      const { headers } = await subject.ask({ headers: ACCEPT });
      const names = headers.filter(([name]) => name.toLowerCase() === "vary")
        .flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/));
      assert.deepEqual(names.filter((name) => name !== "accept-encoding").sort(), expected);
      const told = vary.some(([, value]) => value === "accept-encoding");
      assert(!told || names.includes("accept-encoding"));
    }
  }],
  ["If-None-Match goes upstream in strong form, and 304 comes back", async (subject) => {
    const cases = {
      [ETAG]: ETAG,
      [`W/${ETAG}`]: ETAG,
      [`W/"a", ${ETAG},W/"b, c"`]: `"a", ${ETAG},"b, c"`,
      "*": "*",
    };
    for (const [sent, expected] of Object.entries(cases)) {
      subject.tap.reset({ status: 304, headers: [["etag", ETAG], ["vary", "accept-encoding"]] });
      const response = await subject.ask({ headers: [...ACCEPT, ["if-none-match", sent]] });
      assert.equal(response.status, 304);
      assert.equal(response.header("etag"), ETAG);
      assert.equal(response.body.length, 0);
      const arrived = Object.fromEntries(subject.tap.request.headers);
      assert.equal(arrived["if-none-match"], expected);
    }
  }],
  ["HEAD has GET's headers and no body", async (subject) => {
    for (const headers of [[], ACCEPT]) {
      subject.tap.reset({ headers: HEADERS });
      const response = await subject.ask({ method: "HEAD", headers });
      assert.equal(response.status, 200);
      assert.deepEqual(endToEnd(response.headers, subject), endToEnd(HEADERS, subject));
    }
  }],
  ["HEAD without a length gets none", async (subject) => {
    subject.tap.reset({ headers: HEADERS.filter(([name]) => name !== "content-length") });
    const response = await subject.ask({ method: "HEAD" });
    assert.equal(response.header("content-length"), undefined);
  }],
  ["what a CDN has compressed arrives readable, with its etag", async (subject) => {
    const rest = HEADERS.filter(([name]) => name !== "content-length");
    for (const [coding, bytes] of Object.entries(COMPRESSED)) {
      for (const method of ["GET", "HEAD"]) {
        const body = method === "HEAD" ? "" : new Uint8Array(bytes);
        const length = ["content-length", `${bytes.length}`] as const;
        subject.tap.reset({ headers: [...rest, ["content-encoding", coding], length], body });
        const response = await subject.ask({ method, headers: ACCEPT });
        assert.equal(response.text, method === "HEAD" ? "" : ROWS, coding);
        assert.deepEqual(
          endToEnd(withoutLength(response.headers), subject),
          endToEnd(rest, subject),
          coding,
        );
      }
    }
  }],
  ["a coding that fetch doesn't know arrives as it is", async (subject) => {
    const { unknownCoding } = subject.habits;
    const headers = [...HEADERS, ["content-encoding", unknownCoding]] as const;
    subject.tap.reset({ headers, body: ROWS });
    const response = await subject.ask({ headers: [["accept-encoding", unknownCoding]] });
    assert.equal(response.text, ROWS);
    assert.deepEqual(endToEnd(response.headers, subject), endToEnd(headers, subject));
  }],
  ["what a CDN compresses unasked arrives as its headers say", async (subject) => {
    const rest = HEADERS.filter(([name]) => name !== "content-length");
    for (const [coding, bytes] of Object.entries(COMPRESSED)) {
      const headers = [...rest, ["content-encoding", coding], [
        "content-length",
        `${bytes.length}`,
      ]];
      const pairs = headers.map(([name = "", value = ""]) => [name, value] as const);
      subject.tap.reset({ headers: pairs, body: new Uint8Array(bytes) });
      const response = await subject.ask();
      const told = response.header("content-encoding");
      if (told === undefined || told === "identity") assert.equal(response.text, ROWS, coding);
      else assert.deepEqual([told, response.body], [coding, new Uint8Array(bytes)]);
    }
  }],
  ["bytes aren't read as text", async (subject) => {
    const body = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
    subject.tap.reset({ headers: [["content-length", `${body.length}`]], body });
    assert.deepEqual((await subject.ask({ headers: ACCEPT })).body, body);
  }],
];
