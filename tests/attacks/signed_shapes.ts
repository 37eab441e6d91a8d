import type { Served } from "./electric_reader.ts";

/** A shape as tokens hold it, how an honest client asks for it, and what Electric must then serve. */
export interface SignedShape {
  readonly claim: Readonly<Record<string, unknown>>;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly served: Served;
}

const plain = {
  where: null,
  columns: null,
  queryable: null,
  params: {},
  replica: "default",
  compaction: false,
  deletes: false,
} as const;

/** A clause and a value that would break out of a query that isn't encoded. */
const CLAUSE = `"a&b" = 'x&table=secrets#?[]%25+;=' OR é <> $2 OR owner = $1`;
const VALUE = `&table=secrets&where=true) OR (true#%00`;

/**
 * The shapes of one attacker: plain, narrowed, and full of what must be encoded. Every table's name
 * holds the `lane`, so that what arrives upstream tells whose token it was.
 */
export function signedShapes(lane: number): SignedShape[] {
  return [
    {
      claim: { namespace: null, table: `items_${lane}`, where: null, columns: null },
      query: [["table", `items_${lane}`]],
      served: { ...plain, relation: ["public", `items_${lane}`] },
    },
    {
      claim: {
        table: `notes_${lane}`,
        where: "owner = $1 and shared = $2",
        columns: ["id", "title"],
        params: { 1: "alice", 2: "" },
      },
      query: [
        ["table", `public.NOTES_${lane}`],
        ["where", "owner = $1 and shared = $2"],
        ["columns", '"title","id"'],
        ["params[1]", "alice"],
        ["params[2]", ""],
      ],
      served: {
        ...plain,
        relation: ["public", `notes_${lane}`],
        where: "owner = $1 and shared = $2",
        columns: ["id", "title"],
        queryable: ["id", "title"],
        params: { 1: "alice", 2: "" },
      },
    },
    {
      claim: {
        namespace: '"App"',
        table: `"Odd. ""name"", &table=secrets_${lane}"`,
        where: CLAUSE,
        columns: ["id", "a,b", 'Say"so'],
        queryable_columns: ["id", "a,b", 'Say"so', "extra"],
        params: [VALUE, "2"],
        replica: "full",
      },
      query: [
        ["table", `"App"."Odd. ""name"", &table=secrets_${lane}"`],
        ["where", CLAUSE],
        ["columns", '"id","a,b","Say""so"'],
        ["params[1]", VALUE],
        ["params[2]", "2"],
        ["replica", "full"],
      ],
      served: {
        relation: ["App", `Odd. "name", &table=secrets_${lane}`],
        where: CLAUSE,
        columns: ['Say"so', "a,b", "id"],
        queryable: ['Say"so', "a,b", "extra", "id"],
        params: { 1: VALUE, 2: "2" },
        replica: "full",
        compaction: false,
        deletes: false,
      },
    },
  ];
}

/**
 * The same, in the one form that the gatekeeper signs: names in SQL's spelling, params by number.
 * No value is blank: Caddy can't tell that from none.
 */
export function shapesAsGatekeeperWrites(lane: number): SignedShape[] {
  const [plainShape, narrowed, odd] = signedShapes(lane);
  if (!plainShape || !narrowed || !odd) return [];
  const params = { 1: "alice", 2: "b" };
  const columns = ['"Say""so"', '"a,b"', "id"];
  const { queryable_columns: _, ...claim } = odd.claim;
  return [
    plainShape,
    {
      claim: { ...narrowed.claim, params },
      query: [...narrowed.query.slice(0, -1), ["params[2]", "b"]],
      served: { ...narrowed.served, params },
    },
    {
      claim: { ...claim, columns, params: { 1: VALUE, 2: "2" } },
      query: odd.query,
      served: { ...odd.served, queryable: odd.served.columns },
    },
  ];
}

/** The lane in a served table's name. */
export function laneOf({ relation }: Served): number {
  return Number(/_(\d+)$/.exec(relation[1])?.[1] ?? NaN);
}
