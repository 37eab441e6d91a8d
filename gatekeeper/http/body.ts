import { readBody } from "../../shared/body.ts";
import { invalidRequest } from "../../shared/refusal.ts";

/** A body, before its fields are read. */
export interface RequestBody {
  readonly text: string;
  /** Whether it is a form, else JSON. */
  readonly isForm: boolean;
}

/** Reads a body of JSON, or of a form. Throws a 400 {@link Refusal} for one of another type. */
export async function readJsonOrForm(request: Request, maxKib: number): Promise<RequestBody> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") {
    const text = await readBody(request, { maxKib });
    if (/^\s*[{[]/.test(text)) {
      throw invalidRequest("The body is JSON; send it with 'Content-Type: application/json'.");
    }
    return { text, isForm: true };
  }
  if (type !== undefined && type !== "application/json" && type !== "text/plain") {
    await request.body?.cancel();
    throw invalidRequest("The body must be JSON or a form (application/x-www-form-urlencoded).");
  }
  return { text: await readBody(request, { maxKib }), isForm: false };
}
