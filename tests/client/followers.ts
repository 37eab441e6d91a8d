import { Shape, ShapeStream } from "@electric-sql/client";
import { useShape } from "@electric-sql/react";
import { createCollection, createLiveQueryCollection } from "@tanstack/db";
import { electricCollectionOptions } from "@tanstack/electric-db-collection";
import { createElement } from "react";
import { create } from "react-test-renderer";
import type { GatekeeperShape } from "../../client/index.ts";

/** A shape as an app sees it. */
export interface Watched {
  /** Ids of the rows as the app sees them now. */
  readonly ids: () => string[];
  readonly isReady: () => boolean;
  readonly hasFailed: () => boolean;
  readonly stop: () => Promise<void>;
}

export type Follow = (options: GatekeeperShape) => Watched;

type Row = { id: string };

function followByShape(options: GatekeeperShape, liveSse: boolean): Watched {
  const over = new AbortController();
  const stream = new ShapeStream<Row>({ ...options, liveSse, signal: over.signal });
  let hasEnded = false;
  stream.subscribe(() => {}, () => hasEnded = true);
  // @ts-expect-error: the client's own types don't agree under exactOptionalPropertyTypes.
  const shape = new Shape<Row>(stream);
  return {
    ids: () => idsOf(shape.currentRows),
    isReady: () => stream.isUpToDate,
    hasFailed: () => hasEnded,
    stop: () => Promise.resolve(over.abort()),
  };
}

function followByUseShape(options: GatekeeperShape): Watched {
  const over = new AbortController();
  let seen: { data: Row[]; isLoading: boolean; isError: boolean } | undefined;
  const given = { ...options, signal: over.signal };
  function Rows() {
    seen = useShape<Row>(given);
    return null;
  }
  const rendered: { unmount: () => void } = create(createElement(Rows));
  return {
    ids: () => idsOf(seen?.data ?? []),
    isReady: () => seen?.isLoading === false,
    hasFailed: () => seen?.isError === true,
    stop: () => {
      over.abort();
      return Promise.resolve(rendered.unmount());
    },
  };
}

function followByCollection(
  shapeOptions: GatekeeperShape,
  syncMode: "eager" | "progressive" | "on-demand",
): Watched {
  const options = electricCollectionOptions<Row>({
    shapeOptions,
    getKey: ({ id }) => id,
    syncMode,
  });
  const collection = createCollection(options);
  // As apps do; on demand, it says which rows to load.
  const query = createLiveQueryCollection((q) => q.from({ row: collection }));
  // Without a subscriber a query is cleaned up after 5 s.
  const subscription = query.subscribeChanges(() => {});
  return {
    ids: () => idsOf(query.toArray),
    isReady: () => query.status === "ready",
    hasFailed: () => collection.status === "error",
    stop: async () => {
      subscription.unsubscribe();
      await query.cleanup();
      await collection.cleanup();
    },
  };
}

function idsOf(rows: readonly Row[]): string[] {
  return rows.map(({ id }) => String(id)).sort();
}

/** All that an app may follow a shape with. */
export const FOLLOWERS: Readonly<Record<string, Follow>> = {
  "Shape": (options) => followByShape(options, false),
  "Shape with Server-Sent Events": (options) => followByShape(options, true),
  "useShape": followByUseShape,
  "a TanStack DB collection": (options) => followByCollection(options, "eager"),
  "a progressive TanStack DB collection": (options) => followByCollection(options, "progressive"),
  "an on-demand TanStack DB collection": (options) => followByCollection(options, "on-demand"),
};
