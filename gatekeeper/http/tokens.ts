import { targetOf } from "../../shared/query.ts";
import { checkMethod } from "../../shared/refusal.ts";
import { tableDecision } from "../policies/decide.ts";
import { createAnswerOne } from "./answer_one.ts";
import { createBatch } from "./batch.ts";
import { createGrant } from "./grant.ts";
import { listShapes } from "./list_shapes.ts";
import { createNamed } from "./named.ts";
import type { AnswerToken, GatekeeperParts } from "./parts.ts";
import { readShapeRequest, tableOf } from "./request.ts";

/** Everything below `/gatekeeper`: by table, by a shape's name, and many at once. */
export function createTokens(parts: GatekeeperParts): AnswerToken {
  const { config, policies, authenticate } = parts;
  const { tables, batch, shapes } = config.paths;
  const grant = createGrant(config);
  const answerOne = createAnswerOne(parts, grant);
  const answerNamed = createNamed(parts, answerOne);
  const answerBatch = createBatch(parts, grant);

  return async (request, explain) => {
    const { path, query } = targetOf(request);
    if (path === batch) return await answerBatch(request);
    if (path.startsWith(`${shapes}/`)) return await answerNamed(request, explain);
    const table = tableOf(path.slice(tables.length));
    // A table may be called shapes; their list is beside it.
    const isList = path === shapes;
    if (isList && /^(GET|HEAD)$/.test(request.method)) return listShapes(parts.shapes);
    const methods = isList ? ["GET", "HEAD", "POST", "OPTIONS"] : ["POST", "OPTIONS"];
    const preflight = checkMethod(request, ...methods);
    if (preflight !== null) return preflight;
    const user = await authenticate(request);
    const asked = await readShapeRequest(request, table, query);
    const decision = tableDecision(policies, asked, config.proxyChecksHandles);
    return await answerOne(decision, user, explain);
  };
}
