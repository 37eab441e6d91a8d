import { numberParams, readSubsetParams } from "./clause_params.ts";
import type { Sql } from "./connection.ts";
import { JsonNumber, type JsonValue } from "./json.ts";
import { checkOrderBy } from "./order_by.ts";
import type { RequestFields } from "./request_body.ts";
import { invalid, InvalidRequest } from "./request_params.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import type { Subset } from "./snapshot.ts";
import { SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import { checkWhere } from "./where_clause.ts";

/**
 * Checks a request's subset against its shape. Throws `InvalidRequest` with the reasons under
 * `subset`. Unknown keys, `where_expr` and `order_by_expr` among them, mean nothing to Electric.
 */
export async function defineSubset(
  reader: Sql,
  shape: ShapeDefinition,
  fields: RequestFields,
): Promise<Subset> {
  try {
    const where = castText(fields, "where");
    const orderBy = castText(fields, "order_by");
    const limit = castInteger(fields, "limit", 1n, "must be greater than 0");
    const offset = castInteger(fields, "offset", 0n, "must be greater than or equal to 0");
    const given = readSubsetParams(fields.params ?? {});
    if ((limit ?? offset) !== undefined && orderBy === undefined) {
      throw invalid("order_by", "order_by is required when limit or offset is present");
    }
    const columns = shape.table.columns.filter(({ name }) =>
      shape.queryable?.includes(name) ?? true
    );
    if (orderBy !== undefined) {
      await refuseUnder("order_by", checkOrderBy(orderBy, columns));
    }
    if (where === undefined) return { where, orderBy, limit, offset };
    const params = numberParams(given, (reason) => invalid("params", reason));
    const checked = checkWhere(reader, where, params, columns, undefined);
    return { where: await refuseUnder("where", checked), orderBy, limit, offset };
  } catch (error) {
    if (error instanceof InvalidRequest) throw new InvalidRequest({ subset: error.errors });
    throw error;
  }
}

async function refuseUnder<T>(field: string, checked: Promise<T>): Promise<T> {
  try {
    return await checked;
  } catch (error) {
    throw error instanceof SqlRefused ? invalid(field, error.message) : error;
  }
}

function castText(fields: RequestFields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(name, "is invalid");
  return value.trim() === "" ? undefined : value;
}

function castInteger(fields: RequestFields, name: string, least: bigint, otherwise: string) {
  const text = integerText(fields[name]);
  if (text === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw invalid(name, "is invalid");
  const value = BigInt(text.replace("+", ""));
  if (value < least) throw invalid(name, otherwise);
  return value;
}

function integerText(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (value instanceof JsonNumber) return value.source;
  return typeof value === "string" ? value : "not an integer";
}
