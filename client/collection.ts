import type { GatekeeperShape } from "./gatekeeper.ts";

/** What TanStack DB gives to a collection's `sync`, as far as this needs it. */
interface SyncParams {
  readonly markError: (error?: unknown) => void;
}

/**
 * Lets a TanStack DB collection go to status `error` when its stream ends: by itself,
 * `electricCollectionOptions` keeps a collection `ready` with the rows it had.
 *
 * ```ts ignore
 * const shapeOptions = await gatekeeperShape({ gatekeeperUrl, table: "todos" });
 * const options = electricCollectionOptions({ shapeOptions, getKey: ({ id }) => id });
 * const todos = createCollection(failWithStream(options, shapeOptions));
 * ```
 */
export function failWithStream<P extends SyncParams, R, O>(
  options: O & { sync: { sync: (params: P) => R } },
  shape: Pick<GatekeeperShape, "onEnd">,
): O {
  const sync = (params: P): R => {
    shape.onEnd((error) => params.markError(error));
    return options.sync.sync(params);
  };
  return { ...options, sync: { ...options.sync, sync } };
}
