import type { NamedShape } from "./protocol.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Asks the gatekeeper which shapes have names; none where it doesn't know of such. */
export async function readNamedShapes(gatekeeper: string): Promise<NamedShape[]> {
  const response = await fetch(`${gatekeeper}/gatekeeper/shapes`);
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok || !isObject(body)) return [];
  const list = isObject(body["shapes"]) ? body["shapes"] : body;
  // A list of shapes with their names, or shapes by name.
  return Object.entries(list).flatMap(([key, value]) => {
    const { name = Array.isArray(list) ? undefined : key, args, schema = args } = isObject(value)
      ? value
      : { name: value };
    return typeof name === "string" ? [{ name, fields: fieldsOf(schema) }] : [];
  });
}

/** The names of a JSON Schema's properties. */
function fieldsOf(schema: unknown): string[] {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  return isObject(properties) ? Object.keys(properties) : [];
}
