import assert from "node:assert/strict";
import type { Check } from "./check.ts";

const ALLOW = "GET, HEAD, POST, OPTIONS";
const LONG = "x".repeat(64);

/** Requests that can't be read, with what the message must name. */
const UNREADABLE: Readonly<Record<string, RegExp>> = {
  "": /table/,
  "offset=-1": /table/,
  "table=": /table/,
  "table": /table/,
  "table=items&table=items": /table/,
  "table=items&%74able=secrets": /table/,
  "table[]=items": /table/,
  "table[0]=items": /table/,
  "table=items&where=a&where=b": /where/,
  "table=items&where=": /where/,
  "table=items&columns=id&columns=value": /columns/,
  "table=items&columns=": /columns/,
  "table=items&columns=id,,value": /columns/,
  "table=items&columns=id,id": /columns/,
  "table=items&replica=full&replica=full": /replica/,
  "table=items&replica=half": /replica/,
  "table=items&where=a=$1&params[1]=1&params[1]=2": /params/,
  "table=items&where=a=$1&params[2]=1": /params/,
  "table=items&where=a=$1&params=1": /params/,
  "table=items&where=a=$1&params[0]=1": /params/,
  "table=%22items": /table/,
  "table=it%20ems": /table/,
  "table=a.b.c": /table/,
  [`table=${LONG}`]: /table/,
  [`table=items&columns=id,${LONG}`]: /columns/,
  "table=items%00": /table/,
  "table=%ff": /percent-encoded/,
  "table=items&where=%zz": /percent-encoded/,
  "table=items&where=a%0ab": /where/,
  "table=items&offset=%00": /offset/,
  "table=items&offset=-1&offset=0_0": /offset/,
  "table=items&live=": /live/,
  "table=items&live=1": /live/,
  "table=items&handle[]=1": /handle/,
};

const OTHER_SHAPES = [
  "table=secrets",
  "table=other.items",
  "table=%22Items%22",
  "table=items&where=true",
  "table=items&columns=id",
  "table=items&replica=full",
];

/** The design's table of statuses, tokens and bodies aside. */
export const statuses: readonly Check[] = [
  ["other paths are 404", async (subject) => {
    const { paths, others } = subject.proxy;
    const near = paths.flatMap((path) => [
      path.replace("/v1/", "/v1//"),
      path.replace("/v1/", "/v1/../v1/"),
      path.replace("/v1/", "/v1/./"),
      path.replace("shape", "%73hape"),
      path.replace("/v1/", "/v1%2f"),
      path.replace("/v1/", "/v1\\"),
      path.replace("shape", "Shape"),
      path.replace("/v1/", "/v2/"),
      `${path}/`,
      `${path}/x`,
      `${path};x`,
      `/${path}`,
    ]);
    for (const path of [...near, ...others, "/", "/v1", "/admin"]) {
      const response = await subject.raw({ target: `${path}?table=items` });
      assert.equal(response.status, 404, path);
      subject.assertRefused(response, 404, /\/v1\/shape/);
    }
  }],
  ["each of its paths is the shape's", async (subject) => {
    for (const path of subject.proxy.paths) {
      const response = await subject.raw({ target: `${path}?table=items` });
      subject.assertRefused(response, 401, /token/);
    }
  }],
  ["other methods are 405 and never asked upstream", async (subject) => {
    for (const method of ["DELETE", "PUT", "PATCH", "TRACE", "PROPFIND", "get"]) {
      if (subject.habits.ownMethods.includes(method)) {
        const answer = await subject.ask({ method }).catch(() => null);
        assert(answer === null || [400, 405, 501].includes(answer.status), method);
        assert.equal(subject.tap.requests.length, 0);
        continue;
      }
      const response = await subject.ask({ method });
      subject.assertRefused(response, 405, /GET/);
      assert.equal(response.header("allow"), ALLOW, method);
    }
  }],
  ["a preflight needs no token", async (subject) => {
    const headers = [
      ["origin", "https://app.example"],
      ["access-control-request-method", "POST"],
      ["access-control-request-headers", "authorization, content-type"],
    ] as const;
    const response = await subject.ask({ method: "OPTIONS", shape: null, headers });
    assert.equal(response.status, 204);
    assert.equal(response.header("access-control-allow-origin"), "*");
    assert.equal(response.header("access-control-allow-methods"), ALLOW);
    assert.match(response.header("access-control-allow-headers") ?? "", /authorization/i);
    assert.match(response.header("access-control-max-age") ?? "", /^\d+$/);
    assert.equal(response.body.length, 0);
    assert.equal(subject.tap.requests.length, 0);
  }],
  ["a query that can't be read is 400 and names the field", async (subject) => {
    for (const [query, says] of Object.entries(UNREADABLE)) {
      const response = await subject.ask({ query });
      assert.equal(response.status, 400, query);
      subject.assertRefused(response, 400, says);
    }
  }],
  ["another shape than the token's is 403", async (subject) => {
    for (const query of OTHER_SHAPES) {
      subject.assertRefused(await subject.ask({ query }), 403, /gatekeeper/);
    }
    const shape = { table: "items", where: "a = $1", params: { 1: "x" } };
    for (const rest of ["", "&where=a%20=%20$1", "&where=a%20=%20$1&params[1]=y"]) {
      const response = await subject.ask({ shape, query: `table=items${rest}` });
      subject.assertRefused(response, 403, /gatekeeper/);
    }
  }],
  ["Electric unreachable is 502", async (subject) => {
    await subject.tap.pause();
    try {
      const response = await subject.ask();
      subject.assertRefused(response, 502, /Electric/);
      assert.match(response.header("retry-after") ?? "", /^\d+$/);
    } finally {
      subject.tap.resume();
    }
    subject.tap.reset("cut");
    const response = await subject.ask();
    subject.assertRefused(response, 502, /Electric/, subject.tap.requests.length);
    subject.tap.reset();
    assert.equal((await subject.ask()).status, 200, "it recovers");
  }],
  ["a redirect isn't followed, nor passed on", async (subject) => {
    const location = `${subject.tap.url}/elsewhere?secret=electric-s3cret`;
    subject.tap.reset({ status: 307, headers: [["location", location], ["content-length", "0"]] });
    subject.assertRefused(await subject.ask(), 502, /ELECTRIC_URL/, 1);
  }],
  ["what Electric answers is passed on, errors included", async (subject) => {
    for (const status of [400, 402, 404, 405, 409, 410, 429, 500, 502, 503, 504]) {
      const body = `[{"headers":{"control":"must-refetch"}},${status}]`;
      const headers = [
        ["content-type", "application/json"],
        ["content-length", `${body.length}`],
        ["retry-after", "7"],
        ["electric-handle", "new-1"],
        ["cache-control", "public, max-age=60"],
      ] as const;
      subject.tap.reset({ status, headers, body });
      const response = await subject.ask();
      assert.equal(response.status, status);
      assert.equal(response.text, body);
      for (const [name, value] of headers) assert.equal(response.header(name), value, name);
    }
  }],
  ["upstream's refusals of us never look like refusals of the client", async (subject) => {
    const headers = [
      ["content-type", "application/json"],
      ["www-authenticate", 'Bearer error="invalid_token"'],
      ["proxy-authenticate", "Basic"],
      ["cache-control", "public, max-age=60"],
      ["electric-handle", "1-1"],
    ] as const;
    // The first is a real Electric's answer to a wrong ELECTRIC_SECRET.
    const body = '{"message":"Unauthorized - Invalid API secret"}';
    for (
      const [status, says] of [[401, /ELECTRIC_SECRET/], [403, /answered 403/], [
        407,
        /407/,
      ]] as const
    ) {
      const length = ["content-length", `${body.length}`] as const;
      subject.tap.reset({ status, headers: [...headers, length], body });
      const response = await subject.ask();
      if (subject.habits.rejects.includes(status)) {
        subject.assertRefused(response, 502, /Electric can't be reached/, 1);
        continue;
      }
      subject.assertRefused(response, 502, /your token is good/, 1);
      assert.equal(response.header("retry-after"), "5");
      for (const name of ["www-authenticate", "proxy-authenticate", "electric-handle"]) {
        assert.equal(response.header(name), undefined);
      }
      assert.match(subject.server.process.lines.join("\n"), says);
    }
    subject.tap.reset({ status: 400, headers: [...headers, ["content-length", "0"]] });
    const response = await subject.ask();
    assert.equal(response.status, 400);
    assert.equal(response.header("www-authenticate"), undefined);
  }],
  ["a status that HTTP doesn't have is upstream's fault", async (subject) => {
    subject.tap.reset({ status: 999, headers: [["content-length", "0"]] });
    subject.assertRefused(await subject.ask(), 502, /Electric/, 1);
  }],
];

/** With `ELECTRIC_TIMEOUT=1`. */
export const deadlines: readonly Check[] = [
  ["Electric too slow to answer is 504", async (subject) => {
    subject.tap.reset("hang");
    const start = performance.now();
    const response = await subject.ask();
    const took = performance.now() - start;
    subject.assertRefused(response, 504, /too long/, 1);
    assert.match(response.header("retry-after") ?? "", /^\d+$/);
    assert(took > 900 && took < 2500, `after ${took} ms`);
    await subject.tap.request.closed;
  }],
  ["a body may take longer than the deadline", async (subject) => {
    subject.tap.reset({
      headers: [["content-length", "2"]],
      stream: async (write) => {
        await write("[");
        await new Promise((resolve) => setTimeout(resolve, 1300));
        await write("]");
      },
    });
    assert.equal((await subject.ask()).text, "[]");
  }],
];
