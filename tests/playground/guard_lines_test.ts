import { deepEqual, equal, match, notDeepEqual, notEqual } from "node:assert/strict";
import { cp } from "node:fs/promises";
import { expire } from "../../dev/playground/expired_token.ts";
import { findGuardLines, type Guard, GUARDS } from "../../dev/playground/guard_lines.ts";
import { ATTACKS, honest, type Sent, type Target } from "../../dev/playground/page/attacks.ts";
import { ROOT } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { signToken } from "../support/token.ts";

/** A token taken at its word. */
const UNVERIFIED =
  "({ payload: jose.decodeJwt(token), protectedHeader: jose.decodeProtectedHeader(token) })";

/** What stands in a guard's place when it is taken out. */
const WITHOUT: Readonly<Record<string, string>> = {
  where: "if (readShape(fields) === null) {",
  twice: "if (false) {",
  forged: UNVERIFIED,
  resigned: UNVERIFIED,
  unsigned: UNVERIFIED,
  expired: UNVERIFIED,
  body: "if (false) {",
  order: "if (false) {",
  guess: "",
  subquery: "if (false) throw refused(",
};

interface Answer {
  readonly status: number;
  readonly text: string;
  /** What the log says of it. */
  readonly reason: string | undefined;
}

/** What these are refused with, lest something else in the request be what is refused. */
const SAYS: Readonly<Record<string, RegExp>> = {
  order: /order_by names a column/,
  guess: /unknown reference notes/,
  subquery: /hold a subquery/,
};

/** Refused by another guard, if this one weren't there. */
const GUARDED_TWICE = ["body", "expired"];

/** What Electric 1.7.12 says against a body's query; `null` where it has nothing to say. */
function refusalOf(body: string, columns: string | null): string | null {
  const { where = "", limit, offset, order_by } = body === "" ? {} : JSON.parse(body);
  if ((limit ?? offset) !== undefined && order_by === undefined) {
    return "order_by is required when limit or offset is present";
  }
  const isHidden = where.includes("notes") && columns?.includes("notes") === false;
  return isHidden ? "At location 0: unknown reference notes" : null;
}

/** An edge, whose Electric refuses queries of columns that it wasn't told of, as the real one does. */
async function startEdge(folder: string) {
  const electric = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const columns = new URL(request.url).searchParams.get("queryable_columns");
      const message = refusalOf(await request.text(), columns);
      return message === null
        ? new Response("[]")
        : new Response(JSON.stringify({ message }), { status: 400 });
    },
  );
  const { createEdge } = await import(`${folder}/edge/index.ts`);
  const stop = new AbortController();
  const lines: string[] = [];
  const env = { AUTH_SECRET, ELECTRIC_URL: `http://127.0.0.1:${electric.addr.port}` };
  const edge = createEdge({ env, stopping: stop.signal, log: (line: string) => lines.push(line) });
  return {
    async ask({ url, method, token, body }: Sent): Promise<Answer> {
      const headers = { authorization: `Bearer ${token}` };
      const response: Response = await edge.fetch(new Request(url, { method, headers, body }));
      return { status: response.status, text: await response.text(), reason: lines.pop() };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await edge.stop();
      await electric.shutdown();
    },
  };
}

/** Somebody's token, for two columns of a table that has a third. */
async function makeTarget(): Promise<Target> {
  const params = {
    table: "documents",
    where: "owner = $1",
    params: { 1: "me" },
    columns: ["id", "title"],
  };
  const token = await signToken({ shape: params });
  const grant = { url: "http://edge/v1/shape", token, params };
  return { grant, honestStatus: 200, userId: null, other: "secrets", hidden: "notes", proxy: "" };
}

async function requestOf(
  { attack }: Guard,
  target: Target,
): Promise<{ sent: Sent; status: number }> {
  const found = ATTACKS.find(({ id }) => id === attack);
  if (found === undefined) throw new Error(`no attack ${attack}`);
  if (attack === "expired") {
    // In the page, dev's server does this.
    const token = await expire(target.grant.token, AUTH_SECRET);
    return { sent: { ...honest(target.grant), token }, status: found.status };
  }
  const sent = await found.make(target);
  if ("notSent" in sent) throw new Error(`${attack} doesn't fit the target`);
  return { sent, status: found.status };
}

/** Which the browser's test tries: it takes a database. */
const REVOKED_ID = "revoked";
const tried = GUARDS.filter(({ attack }) => attack !== REVOKED_ID);

Deno.test("each attack has its guard, which stands in one line of the source", async () => {
  deepEqual(GUARDS.map(({ attack }) => attack), [...ATTACKS.map(({ id }) => id), REVOKED_ID]);
  deepEqual(Object.keys(WITHOUT).sort(), ATTACKS.map(({ id }) => id).sort());
  const lines = await findGuardLines(ROOT);
  for (const { attack, file, text } of GUARDS) {
    const source = await Deno.readTextFile(`${ROOT}/${file}`);
    equal(source.split(text).length, 2, `${file}: ${text}`);
    match(file, /^(shared|edge)\//);
    const found = lines.find((line) => line.attack === attack);
    equal(source.split("\n")[(found?.line ?? 0) - 1]?.trim(), found?.code);
    equal(found?.code.includes(text.trim()), true);
  }
});

Deno.test("the line that is shown is the one that refuses: without it the attack is let through", async (t) => {
  const target = await makeTarget();
  await using whole = await startEdge(`file://${ROOT}`);
  equal((await whole.ask(honest(target.grant))).status, 200);
  for (const guard of tried) {
    await t.step(guard.attack, async () => {
      const { sent, status } = await requestOf(guard, target);
      const refused = await whole.ask(sent);
      equal(refused.status, status);
      match(refused.text, SAYS[guard.attack] ?? /./);
      await using folder = await tempDir();
      for (const part of ["shared", "edge"]) {
        await cp(`${ROOT}/${part}`, `${folder.path}/${part}`, { recursive: true });
      }
      const path = `${folder.path}/${guard.file}`;
      const source = await Deno.readTextFile(path);
      const without = source.replace(guard.text, () => WITHOUT[guard.attack] ?? "");
      notEqual(without, source);
      await Deno.writeTextFile(path, without);
      await using open = await startEdge(`file://${folder.path}`);
      const answer = await open.ask(sent);
      if (GUARDED_TWICE.includes(guard.attack)) notDeepEqual(answer, refused);
      else equal(answer.status, 200, answer.text);
    });
  }
});
