import type { NamedShape } from "./shape.ts";

/** What newer validators have in common: Standard JSON Schema, version 1. */
const STANDARD = "~standard";

/** What a schema of zod, or of arktype, has by itself. */
const OWN = ["toJSONSchema", "toJsonSchema"];

/**
 * Gives the JSON Schema of a shape's arguments where its validator writes one, else `null`. No
 * arguments are an object without properties.
 */
export function jsonSchemaOf(shape: NamedShape): unknown {
  if (!("args" in shape)) return { type: "object", additionalProperties: false };
  const { args } = shape;
  try {
    const standard = property(property(args, STANDARD), "jsonSchema");
    const written = call(standard, "input", { target: "draft-2020-12" });
    if (written !== undefined) return written;
    const name = OWN.find((name) => property(args, name) !== undefined);
    return name === undefined ? null : call(args, name, { io: "input" }) ?? null;
  } catch {
    // There are types that JSON Schema can't say.
    return null;
  }
}

function property(value: unknown, name: string): unknown {
  // Arktype's schemas are functions, but not by their prototype.
  const hasAny = typeof value === "function" || (typeof value === "object" && value !== null);
  return hasAny ? Reflect.get(value, name) : undefined;
}

function call(value: unknown, name: string, options: object): unknown {
  const method = property(value, name);
  return method instanceof Function ? Reflect.apply(method, value, [options]) : undefined;
}
