import { type Asker, traced } from "./trace.ts";

/** What is asked of the gatekeeper: a table, perhaps with a clause, or a shape by name. */
export interface Ask {
  readonly kind: "table" | "shape";
  readonly name: string;
  readonly where: string;
  /** Values of `$1`, `$2`, …, or a named shape's arguments, as JSON. */
  readonly json: string;
}

/** A token, and the shape that it opens. */
export interface Grant {
  readonly url: string;
  readonly token: string;
  readonly params: Params;
}

/** A shape as the official client takes it. */
export interface Params {
  readonly table: string;
  readonly where?: string;
  readonly columns?: string[];
  readonly params?: Record<`${number}`, string>;
  readonly replica?: "default" | "full";
}

/** The gatekeeper's refusal. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Where the gatekeeper is asked for something. */
export function pathOf({ kind, name }: Ask): string {
  return `/gatekeeper/${kind === "shape" ? "shapes/" : ""}${encodeURIComponent(name)}`;
}

/** Asks the gatekeeper, as whoever the access token is of. Throws {@link Refused}. */
export async function askGatekeeper(
  who: Asker,
  accessToken: string | null,
  ask: Ask,
): Promise<Grant> {
  const response = await traced(who, "gatekeeper", location.origin + pathOf(ask), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(accessToken !== null && { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify(bodyOf(ask)),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(response.status, answer.message);
  const { url, headers, params } = answer;
  return { url, token: headers.Authorization.replace(/^Bearer /, ""), params };
}

function bodyOf({ kind, where, json }: Ask): unknown {
  if (kind === "shape") return readJson(json, {});
  if (where.trim() === "") return {};
  return { where, ...(json.trim() !== "" && { params: readJson(json, []) }) };
}

function readJson(text: string, otherwise: unknown): unknown {
  if (text.trim() === "") return otherwise;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(0, 'The values must be JSON, such as ["a"].');
  }
}

/** A shape as the SQL that it stands for. */
export function sqlOf({ table, where, columns }: Params): string {
  return `select ${columns?.join(", ") ?? "*"} from ${table}${
    where === undefined ? "" : ` where ${where}`
  }`;
}

/** The query of a request for a shape. */
export function queryOf({ table, where, columns, params, replica }: Params): URLSearchParams {
  const query = new URLSearchParams({ table });
  if (where !== undefined) query.set("where", where);
  for (const [n, value] of Object.entries(params ?? {})) query.set(`params[${n}]`, value);
  if (columns !== undefined) {
    query.set("columns", columns.map((name) => `"${name.replaceAll('"', '""')}"`).join());
  }
  if (replica !== undefined) query.set("replica", replica);
  return query;
}
