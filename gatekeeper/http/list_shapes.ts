import { answer } from "../../shared/refusal.ts";
import { jsonSchemaOf } from "../shapes/json_schema.ts";
import type { Shapes } from "../shapes/shape.ts";

/** `GET /gatekeeper/shapes`: names, with JSON Schema of the arguments where the validator writes it. */
export function listShapes(shapes: Shapes): Response {
  const listed = Object.entries(shapes).map(([name, shape]) => ({
    name,
    args: jsonSchemaOf(shape),
  }));
  return answer({ shapes: listed });
}
