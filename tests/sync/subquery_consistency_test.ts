import assert from "node:assert/strict";
import { electricCollectionOptions } from "@tanstack/electric-db-collection";
import { createCollection } from "@tanstack/db";
import fc from "fast-check";
import postgres from "postgres";
import { followLog } from "./materialised.ts";
import { type Stack, startStack } from "./stack.ts";

// The official client leaves a timer or two behind when it is told to stop.
const lenient = { sanitizeOps: false, sanitizeResources: false };

const MINE = "org_id IN (SELECT org_id FROM members WHERE user_id = 1)";
const GRANTED = "id IN (SELECT doc_id FROM grants WHERE user_id = 1)";

/** Clauses, and whether moves can always be told: a null among what a NOT IN looks in can't. */
const CLAUSES: readonly (readonly [where: string, staysAlive: boolean])[] = [
  [MINE, true],
  ["org_id NOT IN (SELECT id FROM orgs WHERE open)", true],
  ["org_id NOT IN (SELECT org_id FROM members WHERE user_id = 2)", false],
  [`owner = 1 OR (${MINE} AND title <> 'hidden')`, true],
  [`${MINE} OR ${GRANTED}`, true],
  [`${MINE} AND ${GRANTED}`, true],
  [`${MINE} AND NOT ${GRANTED}`, true],
  [`NOT (org_id IN (SELECT id FROM orgs WHERE open) OR ${GRANTED})`, true],
  [`(${MINE} OR owner = 2) AND (${GRANTED} OR title = 'a')`, true],
  [`${MINE} AND org_id IN (SELECT id FROM orgs WHERE open)`, true],
  [
    "org_id IN (SELECT org_id FROM members WHERE role = 'admin' AND " +
    "org_id NOT IN (SELECT id FROM orgs WHERE open))",
    true,
  ],
  ["(org_id, owner) IN (SELECT org_id, user_id FROM members)", true],
  ["(org_id, owner) NOT IN (SELECT org_id, user_id FROM members)", false],
  ["price IN (SELECT price FROM offers)", true],
];

const id = fc.integer({ min: 1, max: 4 });
const doc = fc.integer({ min: 1, max: 6 });
const org = fc.option(id, { nil: "null", freq: 6 });
const title = fc.constantFrom("a", "b", "hidden");
const price = fc.constantFrom("1", "1.0", "1.50", "2", "null");
const role = fc.constantFrom("admin", "member");
const anywhere = fc.tuple(doc, org, fc.integer({ min: 1, max: 2 }), title, price);

/** Statements that can't fail: with one, the transaction would change nothing. */
const statement = fc.oneof(
  anywhere.map(([id, org, owner, title, price]) =>
    `insert into docs select ${id}, o, ${owner}, '${title}', ${price} from (values (${org}::int)) v(o)
     where o is null or exists (select from orgs where orgs.id = o)
     on conflict (id) do update set org_id = excluded.org_id, title = excluded.title`
  ),
  fc.tuple(doc, org).map(([id, org]) =>
    `update docs set org_id = o from (values (${org}::int)) v(o) where id = ${id}
     and (o is null or exists (select from orgs where orgs.id = o))`
  ),
  fc.tuple(doc, title).map(([id, title]) => `update docs set title = '${title}' where id = ${id}`),
  fc.tuple(doc, price).map(([id, price]) => `update docs set price = ${price} where id = ${id}`),
  doc.map((id) => `delete from docs where id = ${id}`),
  fc.tuple(doc, doc).map(([from, to]) =>
    `update docs set id = ${to} where id = ${from} and not exists (select from docs where id = ${to})`
  ),
  fc.tuple(id, org, role).map(([user, org, role]) =>
    `insert into members select ${user % 2 + 1}, o, '${role}' from (values (${org}::int)) v(o)
     where o is null or exists (select from orgs where orgs.id = o)`
  ),
  fc.tuple(id, id).map(([user, org]) =>
    `delete from members where user_id = ${user % 2 + 1} and org_id = ${org}`
  ),
  fc.constant("delete from members where org_id is null"),
  role.map((role) => `update members set role = '${role}' where user_id = 1`),
  id.map((id) => `insert into orgs values (${id}, false) on conflict do nothing`),
  id.map((id) => `update orgs set open = not open where id = ${id}`),
  id.map((id) => `delete from orgs where id = ${id}`),
  doc.map((id) => `insert into grants values (${id}, 1)`),
  doc.map((id) => `delete from grants where doc_id = ${id}`),
  price.map((price) => `insert into offers values (${price})`),
  price.map((price) => `delete from offers where price = ${price}`),
);

const transaction = fc.array(statement, { minLength: 1, maxLength: 4 });
/** What three writers do at once. */
const history = fc.tuple(...[1, 2, 3].map(() => fc.array(transaction, { maxLength: 12 })));

Deno.test("the log of a shape with subqueries makes the rows of its query", lenient, async () => {
  await using stack = await startStack({ longPollMs: 2000 });
  await createTables(stack);
  const { url } = stack.service;
  const writers = [1, 2, 3].map(() => postgres(stack.postgres.url, { max: 1, onnotice: () => {} }));
  const followed = CLAUSES.map(([where, staysAlive], i) => ({
    where,
    staysAlive,
    log: followLog(url, {
      table: "docs",
      where,
      ...(i % 3 === 1 && { replica: "full" }),
      ...(i % 3 === 2 && { columns: "id,title" }),
    }),
  }));
  const collections = CLAUSES.slice(0, 5).map(([where]) => ({ where, rows: collect(url, where) }));
  for (const { rows } of collections) await rows.preload();
  const assertSame = async () => {
    for (const { where, log } of followed) {
      await sameRows(stack, where, () => log.rows().map((row) => [Number(row.id), row.title]));
    }
    for (const { where, rows } of collections) {
      await sameRows(stack, where, () => rows.toArray.map((row) => [row.id, row.title]));
    }
  };
  try {
    await fc.assert(
      fc.asyncProperty(history, async (transactions) => {
        await Promise.all(writers.map((writer, i) => write(writer, transactions[i] ?? [])));
        await assertSame();
      }),
      { numRuns: 25, endOnFailure: true },
    );
    for (const { where, staysAlive, log } of followed) {
      if (staysAlive) assert.equal(log.restarts(), 0, where);
    }
    const events = followed.flatMap(({ log }) => log.messages).map(({ headers }) => headers.event);
    for (const event of ["move-in", "move-out"] as const) {
      assert.ok(events.filter((one) => one === event).length > 50, event);
    }
  } finally {
    for (const { rows } of collections) await rows.cleanup();
    for (const { log } of followed) await log.stop();
    await Promise.all(writers.map((writer) => writer.end()));
  }
});

async function write(sql: postgres.Sql, transactions: readonly string[][]): Promise<void> {
  for (const statements of transactions) {
    // Two that wait for each other, or both insert a row that the other needs, try no more.
    await sql.begin(async (sql) => {
      for (const statement of statements) await sql.unsafe(statement);
    }).catch((error) => {
      if (!/^(40P01|23503|23505)$/.test(error.code)) throw error;
    });
  }
}

function collect(base: string, where: string) {
  const shapeOptions = { url: `${base}/v1/shape`, params: { table: "docs", where } };
  return createCollection(electricCollectionOptions<{ id: number; title: string }>({
    id: where,
    shapeOptions,
    getKey: ({ id }) => id,
  }));
}

/** Waits until rows are those that Postgres gives. */
async function sameRows({ sql }: Stack, where: string, current: () => unknown[][]): Promise<void> {
  const rows = await sql.unsafe<{ id: number; title: string }[]>(
    `select id, title from docs where ${where}`,
  );
  const expected = sorted(rows.map(({ id, title }) => [id, title]));
  const end = performance.now() + 10_000;
  while (sorted(current()) !== expected && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(sorted(current()), expected, where);
}

function sorted(rows: unknown[][]): string {
  return rows.map((row) => JSON.stringify(row)).sort().join();
}

async function createTables({ sql }: Stack): Promise<void> {
  await sql.unsafe(`
    create table orgs (id int primary key, open boolean not null);
    create table members (user_id int not null, org_id int references orgs on delete cascade,
      role text not null);
    create table docs (id int primary key, org_id int references orgs on delete cascade,
      owner int not null, title text not null, price numeric);
    create table grants (doc_id int not null, user_id int not null);
    create table offers (price numeric);
    insert into orgs select i, i % 2 = 0 from generate_series(1, 4) as i;
    insert into members values (1, 1, 'admin'), (1, 2, 'member'), (2, 3, 'admin');
    insert into docs select i, i % 4 + 1, i % 2 + 1, 'a', 1.0 from generate_series(1, 6) as i;
    insert into grants values (1, 1), (2, 1);
    insert into offers values (1)`);
}
