/** A recorded exchange; see recordings/README.md. */
export interface Exchange {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** Text as it was sent, or the JSON that was. */
    readonly body?: unknown;
  };
  readonly response: RawResponse & { readonly cut_after_ms?: number };
  /** A statement to run while the request is held, and when. */
  readonly during_ms?: number;
  readonly sql?: string;
}

/** A response as it came: header names as spelled, in their order. */
export interface RawResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** One line of a recording. */
export type Step =
  | { readonly kind: "title"; readonly title: string }
  | { readonly kind: "sql"; readonly sql: string }
  | { readonly kind: "sleep"; readonly ms: number }
  | ({ readonly kind: "exchange" } & Exchange);

/** Reads a recording; a line that isn't one of the known steps throws. */
export async function readRecording(name: string): Promise<Step[]> {
  const url = new URL(`recordings/${name}.jsonl`, import.meta.url);
  return (await Deno.readTextFile(url)).trim().split("\n").map(readStep);
}

function readStep(line: string): Step {
  const step = JSON.parse(line);
  if (typeof step.scenario === "string") return { kind: "title", title: String(step.title) };
  if (isExchange(step)) return { kind: "exchange", ...step, request: toRequest(step.request) };
  if (typeof step.sql === "string") return { kind: "sql", sql: step.sql };
  if (typeof step.sleep_ms === "number") return { kind: "sleep", ms: step.sleep_ms };
  throw new Error(`Not a step of a recording: ${line}`);
}

function toRequest({ body, ...request }: Exchange["request"]): Exchange["request"] {
  if (body === undefined) return request;
  return { ...request, body: typeof body === "string" ? body : JSON.stringify(body) };
}

function isExchange(step: Record<string, unknown>): step is Record<string, unknown> & Exchange {
  return typeof step.id === "string" && typeof step.request === "object" &&
    typeof step.response === "object";
}
