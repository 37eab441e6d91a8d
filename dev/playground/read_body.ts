import { readBody } from "../../shared/body.ts";
import { invalidRequest } from "../../shared/refusal.ts";
import type { RowChange, SignIn } from "./protocol.ts";

/** Reads a body as a JSON object. Throws a 400 {@link Refusal}, as all below do. */
export async function readObject(request: Request): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readBody(request));
    if (isObject(value)) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalidRequest("The body must be a JSON object.");
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function readText(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidRequest(`${name} must be there, as a text.`);
}

export function readSignIn({ id, role, email, claims }: Record<string, unknown>): SignIn {
  if (claims !== undefined && !isObject(claims)) {
    throw invalidRequest("claims must be a JSON object.");
  }
  return {
    id: readText("id", id),
    ...(role !== undefined && { role: readText("role", role) }),
    ...(email !== undefined && { email: readText("email", email) }),
    ...(claims !== undefined && { claims: { ...claims } }),
  };
}

export function readRowChange(body: Record<string, unknown>): RowChange {
  const { action } = body;
  if (action !== "insert" && action !== "update" && action !== "delete") {
    throw invalidRequest("action must be insert, update or delete.");
  }
  const key: Record<string, string> = {};
  for (const [name, value] of Object.entries(readFields("key", body["key"]))) {
    if (value === null) throw invalidRequest("A key holds no null.");
    key[name] = value;
  }
  return {
    schema: readText("schema", body["schema"]),
    name: readText("name", body["name"]),
    action,
    key,
    values: readFields("values", body["values"]),
  };
}

function readFields(name: string, value: unknown): Record<string, string | null> {
  const fields: Record<string, string | null> = {};
  if (value === undefined) return fields;
  if (!isObject(value)) throw invalidRequest(`${name} must be an object of texts.`);
  for (const [column, text] of Object.entries(value)) {
    if (text !== null && typeof text !== "string") {
      throw invalidRequest(`${name}.${column} must be a text or null.`);
    }
    fields[column] = text;
  }
  return fields;
}
