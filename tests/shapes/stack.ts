import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import {
  createGatekeeper,
  definePolicies,
  defineShapes,
  deny,
  from,
  ownRows,
  rows,
  shape,
  type ShapeAsker,
  type StandardSchema,
} from "electric-gatekeeper";
import { SignJWT } from "jose";
import postgres, { type Sql } from "postgres";
import * as v from "valibot";
import * as z from "zod";
import { testPostgres } from "../support/postgres.ts";
import { addRevocations } from "../support/revocations.ts";
import { AUTH_SECRET } from "../support/servers.ts";

export const ALICE = "00000000-0000-4000-8000-00000000a11c";
export const BOB = "00000000-0000-4000-8000-000000000b0b";
export const PROJECT = "00000000-0000-4000-8000-0000000000f1";
export const OTHER = "00000000-0000-4000-8000-0000000000f2";

const USERS = "the secret of the users' provider, long enough";

const KEY: string = "value";

/** A value as code without types gives it. */
const untyped = (value: unknown) => Reflect.get({ value }, KEY);

/** Answers nonsense, or throws. */
const garbage = (answer: () => unknown) => shape({ get: () => untyped(answer()) });

/** A schema that isn't one. */
const schemaOf = (validate: () => unknown): StandardSchema => ({
  "~standard": { version: 1, vendor: "none", validate: () => untyped(validate()) },
});

const broken = (validate: () => unknown) =>
  shape({ args: schemaOf(validate), get: () => from("issues") });

const issueArgs = {
  zod: z.object({ project: z.uuid(), open: z.boolean().default(true) }),
  valibot: v.object({
    project: v.pipe(v.string(), v.uuid()),
    open: v.optional(v.boolean(), true),
  }),
  arktype: type({ project: "string.uuid", open: "boolean = true" }),
};

interface IssueQuestion {
  readonly user: { readonly id: string } | null;
  readonly args: { readonly project: string; readonly open: boolean };
  readonly sql: ShapeAsker["sql"];
}

/** What `get` of the three below gave, for tests to compare with what was signed. */
export const given: string[] = [];

async function issues({ user, args, sql }: IssueQuestion) {
  if (user === null) return deny;
  const member =
    await sql`select from members where user_id = ${user.id} and project_id = ${args.project}`;
  if (member.length === 0) return deny;
  given.push(`${args.project} ${args.open}`);
  return from("issues").rows`project_id = ${args.project} and open = ${args.open}`
    .columns("id", "title");
}

export const shapes = defineShapes({
  projectIssues: shape({ args: issueArgs.zod, get: issues }),
  valibotIssues: shape({ args: issueArgs.valibot, get: issues }),
  arktypeIssues: shape({ args: issueArgs.arktype, get: issues }),
  valibotWritten: shape({ args: toStandardJsonSchema(issueArgs.valibot), get: issues }),
  counted: shape({
    args: z.object({ n: z.coerce.number().int(), open: z.stringbool().default(true) }),
    get: ({ args }) => from("issues").rows`n = ${args.n} and open = ${args.open}`,
  }),
  titled: shape({
    args: z.looseObject({ title: z.string() }),
    get: ({ args }) => from("issues").rows`title = ${args.title}`,
  }),
  anything: shape({ args: z.record(z.string(), z.json()), get: () => from("issues") }),
  checkedLater: shape({
    args: z.object({ ok: z.boolean().refine((ok) => Promise.resolve(ok), "not now") }),
    get: () => from("issues"),
  }),
  all: shape({ get: () => from("issues") }),
  full: shape({ get: () => from("public.issues").columns("id", "title").replica("full") }),
  mine: shape({ get: () => from("todos").by(ownRows("owner_id")).columns("id") }),
  todos: shape({ get: ({ user }) => user && from("todos") }),
  constructor: shape({ get: () => from("issues").rows`n = 1` }),
  hanging: shape({ get: () => new Promise(() => {}) }),
  waiting: shape({
    get: async ({ sql }) => (await sql`select pg_sleep(60)`).length > 0 && from("issues"),
  }),
  failing: shape({
    get: async ({ sql }) => (await sql`select from nothing`).length > 0 && from("issues"),
  }),
  swallowing: shape({
    async get({ sql }) {
      await sql`select from nothing`.catch(() => {});
      return from("issues");
    },
  }),
  writing: shape({
    get: async ({ sql }) => (await sql`delete from issues`).count > 0 && from("issues"),
  }),
  setting: shape({
    async get({ sql }) {
      await sql`set local search_path = 'nowhere'`;
      return deny;
    },
  }),
  noSuchTable: shape({ get: () => from("nothing_here") }),
  noSuchColumn: shape({ get: () => from("issues").columns("id", "nope") }),
  withoutKey: shape({ get: () => from("issues").columns("title") }),
  badTable: shape({ get: () => from("a.b.c") }),
  badType: shape({ get: () => from("issues").rows`project_id = ${"x"}` }),
  beyondPolicy: shape({
    get: () => from("todos").by(() => rows`true`.columns("id")).columns("id", "secret"),
  }),
  notReadable: shape({ get: () => from("issues").rows`title ~ 'a'` }),
  longList: shape({
    get: () =>
      from("issues").rows`id = any(${Array.from({ length: 900 }, () => crypto.randomUUID())})`,
  }),
  givesTrue: garbage(() => true),
  givesUndefined: garbage(() => undefined),
  givesText: garbage(() => "issues"),
  givesRows: garbage(() => rows`true`),
  givesLookalike: garbage(() => ({ policy: true, asked: { table: "secrets" } })),
  throws: garbage(() => {
    throw new Error("line one\nline two");
  }),
  throwsNothing: garbage(() => {
    throw undefined;
  }),
  schemaThrows: broken(() => {
    throw new Error("schema");
  }),
  schemaRejects: broken(() => Promise.reject(new Error("schema"))),
  schemaHangs: broken(() => new Promise(() => {})),
  schemaGivesNothing: broken(() => undefined),
  schemaGivesEmpty: broken(() => ({})),
  schemaGivesNull: broken(() => null),
  schemaIssuesNonsense: broken(() => ({ value: {}, issues: [null, { path: 3 }, "x"] })),
  schemaIssuesLines: broken(() => ({ issues: [{ path: ["a\nb"], message: "c\r\nd\u2028e" }] })),
  schemaIssuesNoList: broken(() => ({ value: {}, issues: "no" })),
});

export const policies = definePolicies({
  issues: true,
  todos: ownRows("owner_id"),
  shapes: true,
  projectIssues: true,
  broken: () => {
    throw new Error("broken policy");
  },
});

export interface ShapesStack extends AsyncDisposable {
  readonly sql: Sql;
  readonly log: string[];
  /** Asks the gatekeeper. */
  readonly ask: (request: Asked) => Promise<Response>;
}

export interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly type?: string;
  readonly as?: string;
}

/** A gatekeeper in this process, on a database with a few tables. */
export async function startShapesStack(
  basePath = "",
  env: Readonly<Record<string, string>> = {},
): Promise<ShapesStack> {
  const open = new AsyncDisposableStack();
  const database = open.use(await testPostgres());
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  open.defer(() => sql.end({ timeout: 1 }));
  await addRevocations(sql);
  await sql.unsafe(`
    create table issues (id uuid primary key, project_id uuid, open bool, n int, title text);
    create table members (user_id uuid, project_id uuid, primary key (user_id, project_id));
    create table todos (id uuid primary key, owner_id uuid, secret text);
    create table secrets (id int primary key);
    create table shapes (id int primary key);
    create table "projectissues" (id int primary key);
    insert into members values ('${ALICE}', '${PROJECT}');`);
  const log: string[] = [];
  const gatekeeper = createGatekeeper({
    policies,
    shapes,
    basePath,
    database: database.url,
    env: {
      AUTH_SECRET,
      ELECTRIC_URL: "http://127.0.0.1:1",
      ELECTRIC_PROXY_URL: "https://sync.example",
      SUPABASE_JWT_SECRET: USERS,
      ...env,
    },
    log: (line) => log.push(line),
    stopping: new AbortController().signal,
  });
  await gatekeeper.ready;
  open.defer(() => gatekeeper.stop());
  return {
    sql,
    log,
    async ask({ path, method = "POST", body, text, type = "application/json", as }) {
      const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const headers = new Headers();
      if (sent !== undefined) headers.set("content-type", type);
      if (as !== undefined) headers.set("authorization", `Bearer ${await signIn(as)}`);
      return await gatekeeper.fetch(
        new Request(`http://localhost:4000${path}`, { method, headers, body: sent ?? null }),
      );
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function signIn(id: string): Promise<string> {
  return new SignJWT({ role: "authenticated" }).setProtectedHeader({ alg: "HS256" })
    .setSubject(id).setAudience("authenticated").setExpirationTime("1h")
    .sign(new TextEncoder().encode(USERS));
}
