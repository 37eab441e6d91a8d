import { functionsOf } from "./closed.ts";
import { RlsRefused } from "./refused.ts";
import { allNodes, fieldsOf, namesOf, type Node, typeOf } from "./tree.ts";

const TIME_FUNCTIONS = ["now", "statement_timestamp", "transaction_timestamp", "age"];

/** What depends on the connection to Postgres: the gatekeeper's isn't PostgREST's. */
const CONNECTION_FUNCTIONS = [
  "inet_client_addr",
  "inet_client_port",
  "inet_server_addr",
  "inet_server_port",
  "pg_backend_pid",
  "system_user",
];

/**
 * Throws {@link RlsRefused} for a part whose value isn't one for as long as a token lasts, or isn't what it
 * would be through PostgREST: the time, and who has connected how.
 */
export function checkSteady(part: Node): void {
  for (const node of allNodes(part)) {
    if (typeOf(node) === "SQLValueFunction") checkValueFunction(`${fieldsOf(node)["op"]}`);
    if (typeOf(node) === "FuncCall") checkSetting(node);
  }
  for (const names of functionsOf(part)) {
    const [name = "", schema = "pg_catalog"] = [...names].reverse();
    if (schema !== "pg_catalog") continue;
    if (TIME_FUNCTIONS.includes(name)) throw ofTime(`${name}()`);
    if (CONNECTION_FUNCTIONS.includes(name)) throw ofConnection(`${name}()`);
  }
}

/** `current_date` and its like, which the grammar has apart; `current_user` is the role, as it should be. */
function checkValueFunction(op: string): void {
  const name = op.replace(/^SVFOP_/, "").replace(/_N$/, "").toLowerCase();
  if (name === "session_user") throw ofConnection(name);
  if (/time|date/.test(name)) throw ofTime(name);
}

/** `current_setting('request.headers')`: only the token's claims are known when a shape is granted. */
function checkSetting(call: Node): void {
  const { funcname, args } = fieldsOf(call);
  if (namesOf(funcname).at(-1) !== "current_setting") return;
  for (const node of allNodes(args)) {
    const text = `${Object(fieldsOf(node)["sval"]).sval ?? ""}`;
    if (!/^request\.(?!jwt\.)/i.test(text)) continue;
    throw new RlsRefused(`${text} is of one request, and a shape is for many: decide without it`);
  }
}

function ofTime(name: string): RlsRefused {
  return new RlsRefused(
    `${name} is the time: what it gives now says nothing of later. Have a column that says it, and a ` +
      "scheduled job that keeps it",
  );
}

function ofConnection(name: string): RlsRefused {
  return new RlsRefused(
    `${name} is of the connection, and the gatekeeper's isn't that of your API: use current_user, or a claim`,
  );
}
