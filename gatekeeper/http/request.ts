import { parseObject } from "../../shared/body.ts";
import { invalidRequest } from "../../shared/refusal.ts";
import {
  readShape,
  type Shape,
  SHAPE_NAMES,
  type ShapeFields,
  splitQuery,
} from "../../shared/shape.ts";
import { readJsonOrForm } from "./body.ts";
import { unknownPath } from "./paths.ts";

/** Longest body, in KiB: many times the 8 that a token holds. */
export const MAX_KIB = 64;

/** What supabase-js adds to the query of `functions.invoke(…, { region })`. */
export const IGNORED = ["forceFunctionRegion"];

/** The table of `/gatekeeper/:table`, of which `segment` is what stands last. Throws a 404 {@link Refusal}. */
export function tableOf(segment: string): string {
  if (segment === "" || segment.includes("/")) throw unknownPath();
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidRequest("The table in the path is not valid percent-encoded UTF-8.");
  }
}

/**
 * Reads the shape that a client asks for: the table in the path, the rest in the query, a JSON body
 * or a form body. Fields that aren't a shape's, or come twice, are refused.
 */
export async function readShapeRequest(
  request: Request,
  table: string,
  query: string,
): Promise<Shape> {
  const fields: Record<string, unknown> = { table };
  for (const source of [readForm(query), await readFields(request)]) {
    for (const [name, value] of Object.entries(source)) {
      if (name === "table") checkSameTable(table, value);
      else if (Object.hasOwn(fields, name)) throw invalidRequest(`${name} is given twice.`);
      else fields[name] = value;
    }
  }
  return readShape(fields);
}

/** Answers' `params` hold the table too; a client may post them as they are. */
function checkSameTable(table: string, other: unknown): void {
  if (readShape({ table: other }).canonical !== readShape({ table }).canonical) {
    throw invalidRequest("table is given twice: the path and the request differ.");
  }
}

function readForm(text: string): ShapeFields {
  const { fields, rest } = splitQuery(text);
  const unknown = rest.map(([name]) => name).find((name) => !IGNORED.includes(name));
  if (unknown !== undefined) throw unknownField(unknown);
  return fields;
}

async function readFields(request: Request): Promise<ShapeFields> {
  const { text, isForm } = await readJsonOrForm(request, MAX_KIB);
  if (isForm) return readForm(text);
  const body = text === "" ? {} : parseObject(text);
  checkFields(body);
  return body;
}

/** Throws a 400 {@link Refusal} for a field that a client's shape doesn't have. */
export function checkFields(body: ShapeFields): void {
  const unknown = Object.keys(body).find((name) => !SHAPE_NAMES.includes(name));
  if (unknown !== undefined) throw unknownField(unknown);
}

function unknownField(name: string): Error {
  const shown = /^[\w.[\]-]{1,40}$/.test(name) ? `"${name}"` : "with special characters";
  return invalidRequest(`Unknown field ${shown}; a shape has ${SHAPE_NAMES.join(", ")}.`);
}
