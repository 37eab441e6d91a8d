/** A column value in Postgres's own text form; `undefined`: an unchanged TOASTed value left out. */
export type Cell = string | null | undefined;

/** A table as the replication stream describes it. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly typeOid: number }[];
}

/** One message of Postgres's `pgoutput` plugin, protocol version 1, as far as shapes need them. */
export type Message =
  | { readonly kind: "begin"; readonly lsn: bigint; readonly xid: number }
  | { readonly kind: "relation"; readonly relation: Relation }
  | { readonly kind: "insert"; readonly oid: number; readonly row: Cell[] }
  | {
    readonly kind: "update";
    readonly oid: number;
    readonly old: Cell[] | undefined;
    readonly row: Cell[];
  }
  | { readonly kind: "delete"; readonly oid: number; readonly old: Cell[] }
  | { readonly kind: "truncate"; readonly oids: number[] }
  | { readonly kind: "commit"; readonly endLsn: bigint }
  | { readonly kind: "other" };

/**
 * Decodes one message.
 * @see https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  switch (String.fromCharCode(reader.uint8())) {
    case "B": {
      const lsn = reader.uint64();
      reader.uint64();
      return { kind: "begin", lsn, xid: reader.uint32() };
    }
    case "C":
      reader.skip(9);
      return { kind: "commit", endLsn: reader.uint64() };
    case "R":
      return { kind: "relation", relation: readRelation(reader) };
    case "I": {
      const oid = reader.uint32();
      reader.skip(1);
      return { kind: "insert", oid, row: readTuple(reader) };
    }
    case "U": {
      const oid = reader.uint32();
      // "K" or "O": the old key or the whole old row stands before the "N" of the new one.
      const hasOld = String.fromCharCode(reader.uint8()) !== "N";
      const old = hasOld ? readTuple(reader) : undefined;
      if (hasOld) reader.skip(1);
      return { kind: "update", oid, old, row: readTuple(reader) };
    }
    case "D": {
      const oid = reader.uint32();
      reader.skip(1);
      return { kind: "delete", oid, old: readTuple(reader) };
    }
    case "T": {
      const count = reader.uint32();
      reader.skip(1);
      return { kind: "truncate", oids: Array.from({ length: count }, () => reader.uint32()) };
    }
    default:
      return { kind: "other" };
  }
}

function readRelation(reader: Reader): Relation {
  const oid = reader.uint32();
  // An empty schema name means pg_catalog in this protocol.
  const schema = reader.cstring() || "pg_catalog";
  const table = reader.cstring();
  reader.skip(1);
  const columns = Array.from({ length: reader.uint16() }, () => {
    reader.skip(1);
    const name = reader.cstring();
    const typeOid = reader.uint32();
    reader.skip(4);
    return { name, typeOid };
  });
  return { oid, schema, table, columns };
}

function readTuple(reader: Reader): Cell[] {
  return Array.from({ length: reader.uint16() }, () => {
    const kind = String.fromCharCode(reader.uint8());
    if (kind === "n") return null;
    if (kind === "u") return undefined;
    return reader.text(reader.uint32());
  });
}

const decoder = new TextDecoder();

class Reader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.#view.getUint8(this.#at++);
  }

  uint16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2);
  }

  uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  uint64(): bigint {
    this.#at += 8;
    return this.#view.getBigUint64(this.#at - 8);
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  text(length: number): string {
    this.#at += length;
    return decoder.decode(this.#bytes.subarray(this.#at - length, this.#at));
  }

  cstring(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const text = decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }
}
