import { type Answer, errorAnswer, JSON_TYPE, jsonAnswer } from "./answer.ts";
import { defineShape } from "./define_shape.ts";
import type { RequestFields } from "./request_body.ts";
import { checkDeleteParams } from "./request_params.ts";
import { answerFailure, notReady, READY_MS, type ShapeServer } from "./serve_shape.ts";

const METHOD = "DELETE";

/**
 * Ends a shape, named by its handle or, since Electric 1.7.11, by its definition; its clients must
 * fetch anew. Electric does so only where its deployment allows it, for tests.
 */
export async function deleteShape(server: ShapeServer, query: RequestFields): Promise<Answer> {
  if (!server.allowsDeletion) {
    return jsonAnswer(405, { message: "DELETE not allowed" }, "no-cache");
  }
  try {
    if (!await server.follower.waitUntilReady(READY_MS)) return notReady(METHOD);
    const params = checkDeleteParams(query);
    const shape = params.table === undefined
      ? server.shapes.findByHandle(params.handle)
      : server.shapes.find(await defineShape(server.tables, server.reader, params));
    if (shape === undefined) {
      return errorAnswer(METHOD, 404, { message: "No existing shape found" });
    }
    if (params.handle !== undefined && params.handle !== shape.handle) {
      return errorAnswer(METHOD, 400, {
        message:
          "The specified shape definition and handle do not match. Please ensure the shape definition is correct or omit the shape handle from the request to obtain a new one.",
      });
    }
    shape.drop();
    return { status: 202, cacheControl: "no-cache", headers: [JSON_TYPE], body: new Uint8Array() };
  } catch (error) {
    return answerFailure(server, METHOD, error);
  }
}
