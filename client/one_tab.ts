/** As much of the Web Locks API as this needs, where the runtime has it. */
interface Host {
  readonly navigator?: {
    readonly userAgent?: string;
    readonly locks?: { request<T>(name: string, run: () => Promise<T>): Promise<T> };
  };
}

/** Runs while no other tab asks the gatekeeper at `url`. */
export function inOneTab<T>(url: string, run: () => Promise<T>): Promise<T> {
  const { navigator }: Host = globalThis;
  return navigator?.locks?.request(url, run) ?? run();
}
