import { Buffer } from "node:buffer";
import type { Sql } from "./connection.ts";
import { connectReplication } from "./connection.ts";
import { decodeMessage, type Message } from "./pgoutput.ts";

/** One open replication stream. */
export interface ReplicationStream {
  /** Where the stream starts: every commit after it is delivered. */
  readonly startLsn: bigint;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
  /** Asks Postgres how far it has come. */
  ask(): void;
  /** Closes the connection; the temporary slot goes with it. */
  close(): Promise<void>;
}

type OnMessage = (message: Message) => void;
type OnReached = (lsn: bigint) => void;

/** A connection with its slot, not streaming yet. */
export interface PreparedSlot {
  /**
   * Starts the stream; `onMessage` gets every message in order, `onReached` each place in the log
   * before which every commit was delivered.
   */
  start(onMessage: OnMessage, onReached: OnReached): Promise<ReplicationStream>;
  close(): Promise<void>;
}

/**
 * Asking Postgres for a sign of life this often bounds how late a change can come: now and then its
 * sender (18.4, about one commit in a thousand) sleeps on a commit until something else stirs it.
 */
const STATUS_INTERVAL_MS = 100;
/** Behind every place in the log. */
const EVERYTHING = 2n ** 64n;
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

/** Creates a temporary replication slot, which lives as long as its connection. */
export async function createSlot(databaseUrl: string, name: string): Promise<PreparedSlot> {
  const sql = connectReplication(databaseUrl);
  const close = () => sql.end({ timeout: 0 });
  try {
    const [slot] = await sql.unsafe<{ consistent_point: string }[]>(
      `CREATE_REPLICATION_SLOT ${name} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
    );
    if (slot === undefined) throw new Error("Postgres created no replication slot");
    const startLsn = parseLsn(slot.consistent_point);
    return {
      close,
      start: (onMessage, onReached) => startStream(sql, name, startLsn, onMessage, onReached),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startStream(
  sql: Sql,
  name: string,
  startLsn: bigint,
  onMessage: OnMessage,
  onReached: OnReached,
): Promise<ReplicationStream> {
  const stream = await sql.unsafe(
    `START_REPLICATION SLOT ${name} LOGICAL 0/0 (proto_version '1', publication_names '${name}')`,
  ).writable();
  let confirmed = startLsn;
  let sent = { lsn: startLsn, since: Infinity };
  const confirm = () => {
    if (stream.writable) stream.write(statusUpdate(confirmed));
  };
  const timer = setInterval(confirm, STATUS_INTERVAL_MS);
  const closed = new Promise<void>((resolve) => {
    stream.on("error", () => resolve());
    stream.on("close", () => resolve());
  }).finally(() => clearInterval(timer));

  stream.on("data", (frame: Buffer) => {
    const kind = String.fromCharCode(frame.readUInt8(0));
    if (kind === "w") {
      const message = decodeMessage(frame.subarray(25));
      if (message.kind === "commit") confirmed = message.endLsn;
      // Something came: that Postgres is where it was says nothing.
      sent = { lsn: -1n, since: Infinity };
      onMessage(message);
    } else if (kind === "k") {
      // Nothing is kept on disk, so all that arrived is done with. Postgres waits for this
      // confirmation before it shuts down.
      const walEnd = frame.readBigUInt64BE(1);
      if (walEnd > confirmed) confirmed = walEnd;
      if (walEnd !== sent.lsn) sent = { lsn: walEnd, since: performance.now() };
      // Long the same, and nothing came: it waits for more, though a record be written in part.
      const isIdle = performance.now() - sent.since >= STATUS_INTERVAL_MS;
      onReached(isIdle ? EVERYTHING : walEnd);
      if (frame.readUInt8(17) === 1) confirm();
    }
  });

  const close = async () => {
    // CopyDone; destroying the stream would send a CopyFail, which Postgres logs as an error.
    stream.end();
    await sql.end({ timeout: 0 });
  };
  return { startLsn, closed, ask: confirm, close };
}

/** @see https://www.postgresql.org/docs/current/protocol-replication.html, standby status update. */
function statusUpdate(lsn: bigint): Buffer {
  const frame = Buffer.alloc(34);
  frame.write("r");
  for (const at of [1, 9, 17]) frame.writeBigUInt64BE(lsn, at);
  frame.writeBigInt64BE(BigInt(Date.now() - POSTGRES_EPOCH_MS) * 1000n, 25);
  frame.writeUInt8(1, 33); // Answer at once.
  return frame;
}

/** Reads a log position as Postgres prints it, `16/B374D848`. */
export function parseLsn(text: string): bigint {
  const [high = "0", low = "0"] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
