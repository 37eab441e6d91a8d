import postgres from "postgres";

/** Electric names types as the catalogue does, Postgres's messages as SQL does. */
const CATALOGUE_NAMES: Readonly<Record<string, string>> = {
  integer: "int4",
  smallint: "int2",
  bigint: "int8",
  real: "float4",
  "double precision": "float8",
  boolean: "bool",
  "timestamp with time zone": "timestamptz",
};

/**
 * Says in Electric's words why Postgres refused a clause; undefined when the error isn't about the
 * clause (the connection is lost). `locate` turns Postgres's position into the clause's own.
 */
export function explainPostgresError(
  error: unknown,
  locate: (position: number) => number,
): string | undefined {
  if (!(error instanceof postgres.PostgresError)) return undefined;
  // Classes 08, 53, 57 and 58: connection, resources, shutdown; not the clause's fault.
  if (/^(08|53|57|58)/.test(error.code)) return undefined;
  if (error.code === "42804" && error.message.startsWith("argument of WHERE")) {
    return "WHERE clause must return a boolean";
  }
  const position = Number(error.position);
  const reason = inElectricsWords(error.code, error.message);
  return Number.isNaN(position)
    ? reason
    : `At location ${Math.max(locate(position), 0)}: ${reason}`;
}

function inElectricsWords(code: string, message: string): string {
  if (code === "42883" && message.startsWith("operator")) {
    return "Could not select an operator overload";
  }
  const match = /^invalid input syntax for type ([^:]+): "(.*)"$/s.exec(message);
  if (match === null) return message;
  const [, type = "", value = ""] = match;
  return `invalid syntax for type ${CATALOGUE_NAMES[type] ?? type}: ${value}`;
}
