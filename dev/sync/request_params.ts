import { parseIdentifierList } from "./identifier.ts";
import { isObject, type JsonValue, toText } from "./json.ts";
import { BEFORE_ALL, type Offset, parseOffset } from "./offset.ts";
import type { RequestFields } from "./request_body.ts";

/** A request, its values checked one by one; the table isn't looked up yet. */
export interface RequestParams {
  readonly table: string;
  readonly offset: Offset | "now";
  readonly handle: string | undefined;
  readonly live: boolean;
  readonly liveSse: boolean;
  readonly where: string | undefined;
  readonly params: JsonValue;
  readonly columns: readonly string[] | undefined;
  readonly queryableColumns: readonly string[] | undefined;
  readonly replica: "default" | "full";
  readonly log: "full" | "changes_only";
  readonly subset: RequestFields | undefined;
}

/** Reasons by field, as Electric shows them under `errors`. */
export type FieldErrors = Readonly<Record<string, unknown>>;

/** A request that Electric answers with 400 `Invalid request`. */
export class InvalidRequest extends Error {
  /** Stable name of this kind of error. */
  readonly code = "INVALID_REQUEST";

  constructor(readonly errors: FieldErrors) {
    super(JSON.stringify(errors));
  }
}

/** Refuses a request for one field. */
export function invalid(field: string, reason: string): InvalidRequest {
  return new InvalidRequest({ [field]: [reason] });
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  false: false,
  "0": false,
};

/** Checks a request's values in Electric's order. Throws {@link InvalidRequest}. */
export function checkParams(fields: RequestFields): RequestParams {
  const cast = castFields(fields);
  if (cast.offset === undefined) throw invalid("offset", "can't be blank");
  const offset = parseOffset(cast.offset);
  if (offset === undefined) throw invalid("offset", "has invalid format");
  const isStart = offset === "now" || offset === BEFORE_ALL;
  if (!isStart && cast.handle === undefined) {
    throw invalid("handle", "can't be blank when offset != -1");
  }
  if (isStart && cast.live) {
    const when = offset === "now" ? "is 'now'" : "== -1";
    throw invalid("live", `can't be true when offset ${when}`);
  }
  if (cast.liveSse && !cast.live) {
    throw invalid("live_sse", "can't be true unless live is also true");
  }
  if (cast.table === undefined) throw invalid("table", "can't be blank");
  const { subset } = fields;
  if (subset !== undefined && !isObject(subset)) throw invalid("subset", "is invalid");
  return {
    ...cast,
    table: cast.table,
    offset,
    handle: isStart ? undefined : cast.handle,
    subset: subset,
  };
}

/** What says which shape is meant. */
export type ShapeParams = Omit<RequestParams, "offset" | "handle" | "live" | "liveSse" | "subset">;

/** What a DELETE names: a shape by its definition, by its handle, or by both. */
export type DeleteParams =
  | (ShapeParams & { readonly handle: string | undefined })
  | { readonly table: undefined; readonly handle: string };

/** Checks a DELETE's values. It ignores what only a read needs, but casts it. Throws {@link InvalidRequest}. */
export function checkDeleteParams(fields: RequestFields): DeleteParams {
  const cast = castFields(fields);
  if (cast.table !== undefined) return { ...cast, table: cast.table };
  if (cast.handle !== undefined) return { table: undefined, handle: cast.handle };
  throw invalid("handle", "can't be blank when shape definition is missing");
}

/** Casts every field and gathers all their errors, as Ecto's `cast` does. */
function castFields(fields: RequestFields) {
  const errors: Record<string, string[]> = {};
  const refuse = (name: string, reason = "is invalid") => {
    errors[name] = [reason];
    return undefined;
  };
  const text = (name: string): string | undefined => {
    const value = fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") return refuse(name);
    return value.trim() === "" ? undefined : value;
  };
  const oneOf = <const T extends string>(name: string, values: readonly T[], otherwise: T): T => {
    const value = text(name);
    return values.find((allowed) => allowed === value) ??
      (value === undefined ? otherwise : refuse(name)) ?? otherwise;
  };
  const list = (name: string): string[] | undefined => {
    const value = fields[name];
    if (Array.isArray(value)) return value.every(isString) ? value : refuse(name);
    const written = text(name);
    if (written === undefined) return undefined;
    const parsed = parseIdentifierList(written);
    return parsed.ok ? parsed.value : refuse(name, parsed.reason);
  };
  const params = fields.params ?? {};
  if (!isObject(params) || !Object.values(params).every(isString)) refuse("params");
  const cast = {
    table: text("table"),
    offset: text("offset"),
    handle: text("handle"),
    where: text("where"),
    columns: list("columns"),
    queryableColumns: list("queryable_columns"),
    replica: oneOf("replica", ["default", "full"], "default"),
    log: oneOf("log", ["full", "changes_only"], "full"),
    params,
    // Anything but "false" means yes, an empty value too; only SSE's older name is read strictly.
    live: fields.live !== undefined && fields.live !== "false",
    liveSse: fields.live_sse === undefined
      ? isTrue(fields.experimental_live_sse, () => refuse("live_sse"))
      : fields.live_sse !== "false",
  };
  if (Object.keys(errors).length > 0) {
    const sorted = Object.entries(errors).sort(([a], [b]) => a < b ? -1 : 1);
    throw new InvalidRequest(Object.fromEntries(sorted));
  }
  return cast;
}

function isTrue(value: JsonValue | undefined, refuse: () => void): boolean {
  const written = value === undefined ? "false" : toText(value) ?? "";
  const read = written === "" ? false : BOOLEANS[written];
  if (read === undefined) refuse();
  return read ?? false;
}

function isString(value: JsonValue): value is string {
  return typeof value === "string";
}
