import { Shape, ShapeStream } from "@electric-sql/client";
import { createCollection } from "@tanstack/db";
import { electricCollectionOptions } from "@tanstack/electric-db-collection";
import type { GatekeeperShape } from "../../client/gatekeeper.ts";

/** What an app sees of a shape. */
export interface Watched {
  /** Ids of the rows as the app sees them now, sorted. */
  ids(): string[];
  isReady(): boolean;
  stop(): Promise<void>;
}

/** What an app may follow a shape with. */
export const FOLLOWERS: Readonly<Record<string, (options: GatekeeperShape) => Watched>> = {
  "Shape": (options) => {
    const over = new AbortController();
    const stream = new ShapeStream<{ id: string }>({ ...options, signal: over.signal });
    // @ts-expect-error: the client's own types don't agree under exactOptionalPropertyTypes.
    const shape = new Shape<{ id: string }>(stream);
    return {
      ids: () => shape.currentRows.map(({ id }) => id).sort(),
      isReady: () => stream.isUpToDate,
      stop: () => Promise.resolve(over.abort()),
    };
  },
  "a TanStack DB collection": (shapeOptions) => {
    const collection = createCollection(electricCollectionOptions<{ id: string }>({
      shapeOptions,
      getKey: ({ id }) => id,
    }));
    collection.startSyncImmediate();
    return {
      ids: () => collection.toArray.map(({ id }) => id).sort(),
      isReady: () => collection.status === "ready",
      stop: () => collection.cleanup(),
    };
  },
};
