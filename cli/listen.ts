import type { Handler } from "../shared/refusal.ts";

/** Where and until when to listen. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Aborts when no more is to be answered. */
  readonly stopping: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * Answers requests with `handler` until `stopping` aborts; settles when all that were under way are
 * answered. Where it can't listen it ends the process with one line that says what to do.
 */
export async function listen(handler: Handler, options: Listening): Promise<void> {
  const { stopping } = options;
  const server = open(handler, options);
  await new Promise<void>((resolve) => {
    stopping.addEventListener("abort", () => resolve());
    if (stopping.aborted) resolve();
  });
  await server.shutdown();
}

function open(handler: Handler, { host, port, log }: Listening): Deno.HttpServer {
  const onListen = (address: Deno.NetAddr) =>
    log(`listening on http://${address.hostname}:${address.port}`);
  try {
    return Deno.serve({ hostname: host, port, onListen }, handler);
  } catch (error) {
    log(whyNot(error, host, port));
    Deno.exit(1);
  }
}

function whyNot(error: unknown, host: string, port: number): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `PORT ${port} is in use: stop what listens there, or set PORT to another.`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `PORT ${port} is not for this user: set PORT to one above 1023.`;
  }
  const cause = error instanceof Error ? error.message : "unknown error";
  return `can't listen on HOST ${host} (${cause}): set it to an address of this machine, such as 0.0.0.0.`;
}
