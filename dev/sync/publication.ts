import { connectOwner, type Sql } from "./connection.ts";
import { quoteIdentifier, quoteRelation } from "./identifier.ts";
import { makeIdentityFull, restoreIdentities } from "./replica_identity.ts";
import type { Table } from "./table.ts";

/** Serialises set-up between sync services on one Postgres; any number, the same for all. */
const SETUP_LOCK = 7_310_457_102;
const PREFIX = "sync_dev_";

/** A fresh name for one service's slot, publication and role; no two services share one. */
export function newServiceName(): string {
  return PREFIX + crypto.randomUUID().slice(0, 8);
}

/**
 * What a sync service owns in the database: a publication and a role that may only read, both under
 * the service's name. Its replication slot has the same name and is temporary, so a name without a
 * slot was left by a service that was killed.
 */
export class Publication {
  readonly #databaseUrl: string;
  readonly #sql: Sql;
  readonly #name: string;
  readonly #tables = new Set<number>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(databaseUrl: string, sql: Sql, name: string) {
    this.#databaseUrl = databaseUrl;
    this.#sql = sql;
    this.#name = name;
  }

  /**
   * Creates publication and role where they are missing and removes what killed services left, then
   * runs `createSlot`, and gives its slot, before any other service may look for leftovers.
   */
  prepare<Slot>(createSlot: () => Promise<Slot>): Promise<Slot> {
    return this.#alone(async (sql) => {
      await this.#sweep(sql);
      await this.#create(sql);
      this.#tables.clear();
      return await createSlot();
    });
  }

  /**
   * Publishes a table with whole old rows and lets the role read it; nothing happens the second
   * time. Resolves when every change that commits from now on is in the stream. Rejects with
   * Postgres's error, as for a system table.
   */
  add(table: Table): Promise<void> {
    if (this.#tables.has(table.oid)) return Promise.resolve();
    // Two ALTER PUBLICATION at once fail with "tuple concurrently updated".
    const added = this.#last.then(() => this.#add(table));
    this.#last = added.catch(() => {});
    return added;
  }

  /** Gives tables back what they had, drops publication and role, and the slot when its connection lingers. */
  async remove(): Promise<void> {
    await this.#last;
    await this.#alone(async (sql) => {
      await sql`
        select pg_terminate_backend(active_pid, 200) from pg_replication_slots
        where slot_name = ${this.#name}`;
      await dropService(sql, this.#name);
    });
  }

  /** Runs `work` while no other service sets up or removes anything. */
  async #alone<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    // A connection of its own: the lock is the session's, and goes with it whatever happens.
    const session = connectOwner(this.#databaseUrl, 1);
    try {
      await session`select pg_advisory_lock(${SETUP_LOCK})`;
      return await work(session);
    } finally {
      await session.end({ timeout: 0 });
    }
  }

  async #add(table: Table): Promise<void> {
    if (this.#tables.has(table.oid)) return;
    const relation = quoteRelation(table);
    const name = quoteIdentifier(this.#name);
    await this.#sql.begin(async (sql) => {
      await sql`set local lock_timeout = '5s'`;
      // Two services that grant on one schema at once fail with "tuple concurrently updated".
      await sql`select pg_advisory_xact_lock(${SETUP_LOCK})`;
      const [published] = await sql`
        select from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
        where p.pubname = ${this.#name} and r.prrelid = ${table.oid}`;
      if (published === undefined) {
        await sql.unsafe(`alter publication ${name} add table ${relation}`);
      }
      // Held to the end: a transaction that wrote before the table was published must be over, so
      // that the snapshot sees it, and one that writes later is in the stream.
      await sql.unsafe(`lock table ${relation} in share row exclusive mode`);
      await makeIdentityFull(sql, this.#name, table.oid, relation);
      for (const schema of table.schemas) {
        await sql.unsafe(`grant usage on schema ${quoteIdentifier(schema)} to ${name}`);
      }
      await sql.unsafe(`grant select on ${relation} to ${name}`);
    });
    this.#tables.add(table.oid);
  }

  async #create(sql: Sql): Promise<void> {
    const name = quoteIdentifier(this.#name);
    const [found] = await sql<
      { publication: string | null; role: string | null; version: string; bypass: string }[]
    >`
      select (select pubname::text from pg_publication where pubname = ${this.#name}) publication,
        (select rolname::text from pg_roles where rolname = ${this.#name}) as role,
        current_setting('server_version_num') as version,
        (select (rolsuper or rolbypassrls)::text from pg_roles where rolname = current_user) bypass`;
    if (found === undefined) throw new Error("Postgres answered nothing");
    if (found.publication === null) {
      const generated = Number(found.version) >= 180_000
        ? ", publish_generated_columns = stored"
        : "";
      await sql.unsafe(
        `create publication ${name} with (publish_via_partition_root = true${generated})`,
      );
    }
    if (found.role === null) {
      // Electric itself reads past row level security; so must the stand-in's role, where allowed.
      await sql.unsafe(`create role ${name} nologin ${found.bypass === "true" ? "bypassrls" : ""}`);
      await sql.unsafe(`grant ${name} to current_user`);
    }
  }

  async #sweep(sql: Sql): Promise<void> {
    const leftovers = await sql<{ name: string }[]>`
      select name from (
        select pubname::text as name from pg_publication
        union select rolname::text from pg_roles
      ) as names
      where name ~ ${`^${PREFIX}[0-9a-f]{8}$`} and name <> ${this.#name}
        and not exists (select from pg_replication_slots where slot_name = name)`;
    for (const { name } of leftovers) {
      // A role with grants in another database of this server can't be dropped from here.
      await dropService(sql, name).catch(() => {});
    }
  }
}

async function dropService(sql: Sql, serviceName: string): Promise<void> {
  const name = quoteIdentifier(serviceName);
  await restoreIdentities(sql, serviceName);
  await sql.unsafe(`drop publication if exists ${name}`);
  const [role] = await sql`select from pg_roles where rolname = ${serviceName}`;
  if (role === undefined) return;
  await sql.unsafe(`drop owned by ${name}`);
  await sql.unsafe(`drop role ${name}`);
}
