import { readFile } from "node:fs/promises";
import type { GuardLine } from "./protocol.ts";

/** The guard that refuses an attack: a text that stands in one line of one file. */
export interface Guard {
  readonly attack: string;
  readonly file: string;
  readonly text: string;
}

const VERIFY = "await jose.jwtVerify(token, find, options)";

/** What refuses each attack of the page's (`page/attacks.ts`), by the attack's id. */
export const GUARDS: readonly Guard[] = [
  {
    attack: "where",
    file: "edge/upstream.ts",
    text: "if (readShape(fields).canonical !== signed.canonical) {",
  },
  { attack: "twice", file: "shared/shape.ts", text: "if (name === null || map.has(name)) {" },
  { attack: "forged", file: "shared/verify_jwt.ts", text: VERIFY },
  { attack: "resigned", file: "shared/verify_jwt.ts", text: VERIFY },
  { attack: "unsigned", file: "shared/verify_jwt.ts", text: VERIFY },
  {
    attack: "body",
    file: "edge/subset.ts",
    text: "if (!FIELDS.includes(name) && !DROPPED.includes(name)) {",
  },
  {
    attack: "order",
    file: "edge/order_by.ts",
    text: "if (queryable !== null && !queryable.includes(name)) {",
  },
  {
    attack: "guess",
    file: "edge/upstream.ts",
    text: '...writeQuery([["queryable_columns", queryable]]),',
  },
  { attack: "subquery", file: "shared/clause.ts", text: "if (QUERIES.has(lower)) throw refused(" },
  { attack: "expired", file: "shared/verify_jwt.ts", text: VERIFY },
  {
    attack: "revoked",
    file: "shared/claims.ts",
    text: 'if (revocations.isRevoked(opened.grant)) throw badToken("revoked");',
  },
];

/** Finds the line of each guard in the source as it is now; one that isn't there any more is left out. */
export async function findGuardLines(library: string): Promise<GuardLine[]> {
  const found: GuardLine[] = [];
  for (const { attack, file, text } of GUARDS) {
    const lines = (await readFile(`${library}/${file}`, "utf8")).split("\n");
    const index = lines.findIndex((line) => line.includes(text));
    const code = lines[index]?.trim();
    if (code !== undefined) found.push({ attack, file, line: index + 1, code });
  }
  return found;
}
