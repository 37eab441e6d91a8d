import { type Answer, errorAnswer, JSON_TYPE } from "./answer.ts";
import { type Sql } from "./connection.ts";
import { chunked } from "./log_body.ts";
import { BEFORE_ALL, formatOffset, SNAPSHOT } from "./offset.ts";
import type { RequestParams } from "./request_params.ts";
import { schemaHeader } from "./schema_header.ts";
import type { Shape } from "./shape.ts";
import { type Subset, takeSubset } from "./snapshot.ts";
import postgres from "postgres";

const encoder = new TextEncoder();

/** Answers with a subset's rows and the transactions they show. */
export async function serveSubset(
  reader: Sql,
  method: string,
  params: RequestParams,
  shape: Shape,
  subset: Subset,
): Promise<Answer> {
  const { definition } = shape;
  const mark = Math.floor(Math.random() * 2 ** 31);
  try {
    const { snapshot, lsn, rows } = await takeSubset(reader, shape, subset, mark);
    const metadata = JSON.stringify({
      snapshot_mark: mark,
      database_lsn: `${lsn}`,
      xip_list: snapshot.running.map(String),
      xmax: `${snapshot.xmax}`,
      xmin: `${snapshot.xmin}`,
    });
    const offset = params.offset === BEFORE_ALL ? SNAPSHOT : shape.lastOffset;
    const schema = schemaHeader(definition.table, definition.columns);
    return {
      status: 200,
      cacheControl: "no-cache",
      headers: [
        JSON_TYPE,
        ["electric-snapshot", "true"],
        ["electric-handle", shape.handle],
        ...params.live ? [] : [["electric-schema", schema] as const],
        ["electric-offset", formatOffset(offset)],
      ],
      body: chunked(encoder.encode(`{"metadata":${metadata}, "data": [${rows.join(",")}]}`)),
    };
  } catch (error) {
    // A value that only its enum type can judge, as Electric leaves it to Postgres.
    if (!(error instanceof postgres.PostgresError) || error.code !== "22P02") throw error;
    const errors = { subset: { where: error.message } };
    return errorAnswer(method, 400, { message: "Invalid request", errors });
  }
}
