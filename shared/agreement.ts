import { type Pair, readQuery } from "./query.ts";
import { Refusal } from "./refusal.ts";
import { Shape, splitQuery } from "./shape.ts";
import {
  type Electric,
  formatPiece,
  PLAIN_PROTOCOL,
  readProtocol,
  signedPieces,
} from "./upstream.ts";

/**
 * What a token's holder may ask for. A client sends the same shape with each request, only the
 * protocol parameters change; so the query that was found to ask for the signed shape is
 * remembered, as text, and while that text comes again nothing of it is read again.
 */
export class Agreement {
  /** What the upstream query holds whatever the client says. */
  readonly signed: string[];
  #agreed: string | undefined;

  constructor(electric: Electric, private readonly shape: Shape) {
    this.signed = signedPieces(electric, shape);
  }

  /** Gives the query's protocol parameters as pieces; throws a {@link Refusal} for another shape. */
  read(query: string): string[] {
    const protocol = new Map<string, string>();
    const others: string[] = [];
    for (const piece of query.split("&")) {
      const name = PLAIN_PROTOCOL.exec(piece)?.[1];
      if (name === undefined || protocol.has(name)) others.push(piece);
      else protocol.set(name, piece);
    }
    const shape = others.join("&");
    if (shape === this.#agreed) return [...protocol.values()];
    const pairs = this.#readStrictly(query);
    // A protocol parameter among the others, in another spelling, may not be skipped.
    if (pairs.length === protocol.size) this.#agreed = shape;
    return pairs.map(formatPiece);
  }

  #readStrictly(query: string): Pair[] {
    const { fields, rest } = splitQuery(readQuery(query));
    const protocol = readProtocol(rest);
    if (Shape.parse(fields).canonical === this.shape.canonical) return [...protocol];
    throw new Refusal(
      403,
      "forbidden",
      "The token is for another shape. Ask the gatekeeper for a token for this one, " +
        "and send exactly the parameters that it answers.",
    );
  }
}
