import { signShape } from "../../gatekeeper/tokens/sign.ts";
import { readShape } from "../../shared/shape.ts";
import { AUTH_SECRET } from "../support/servers.ts";

const key = new TextEncoder().encode(AUTH_SECRET);

/** The one shape that all users sync. */
const SHAPE = { table: "items", where: "value <> $1", columns: "id,value", params: ["none"] };

/** A token of this user's own for the shape. */
export function tokenOf(user: string): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return signShape(readShape(SHAPE), { header: { alg: "HS256" }, key }, { exp, sub: user });
}

const TABLES = ["items", "public.items", '"items"', '"public"."items"'];
const COLUMNS = ["id,value", "value,id", '"id","value"'];

/** The shape in the spelling of the `index`th user, with `rest` and parameters that mean nothing. */
export function spelling(index: number, rest: Readonly<Record<string, string>>): string {
  const pairs = Object.entries({
    table: TABLES[index % TABLES.length] ?? "",
    columns: COLUMNS[index % COLUMNS.length] ?? "",
    where: SHAPE.where,
    "params[1]": "none",
    replica: index % 2 === 0 ? "default" : "",
    [`utm_${index}`]: `${index}`,
    ...rest,
  }).filter(([, value]) => value !== "");
  const turn = index % pairs.length;
  return `/v1/shape?${new URLSearchParams([...pairs.slice(turn), ...pairs.slice(0, turn)])}`;
}
