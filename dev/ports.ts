import { DevError } from "./error.ts";

/** A port that a part is going to listen on. */
export interface WantedPort {
  readonly port: number;
  /** The part's name, as in its output. */
  readonly part: string;
  /** Environment variable that moves it. */
  readonly setting: string;
}

/**
 * Makes sure that all ports are free, before anything is started.
 *
 * @throws {DevError} `port_busy`, naming the first that isn't, what wants it and what to do.
 */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const [index, { port, part, setting }] of wanted.entries()) {
    const twin = wanted.slice(0, index).find((other) => other.port === port);
    if (twin || !await isFree(port)) {
      throw new DevError(
        "port_busy",
        `Port ${port} is taken${twin ? ` by ${twin.part}` : ""}, and ${part} needs it: ` +
          `stop what listens there, or set ${setting} to a free port.`,
      );
    }
  }
}

/** A port of this machine alone that was free a moment ago. */
export function pickPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * Makes sure that this machine has an address to listen on.
 *
 * @throws {DevError} `bad_setting`, naming `DEV_HOST`.
 */
export function checkHost(hostname: string): void {
  try {
    Deno.listen({ hostname, port: 0 }).close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DevError(
      "bad_setting",
      `DEV_HOST ${hostname} is no address to listen on (${reason}): set it to one of this machine's, ` +
        "such as 127.0.0.1 or 0.0.0.0.",
    );
  }
}

// Listening alone misses a server on the wildcard address (macOS) and one on the other loopback address,
// which `localhost` may lead to.
async function isFree(port: number): Promise<boolean> {
  for (const hostname of ["127.0.0.1", "::1"]) {
    const connection = await Deno.connect({ hostname, port }).catch(() => undefined);
    connection?.close();
    if (connection) return false;
  }
  try {
    Deno.listen({ hostname: "0.0.0.0", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) {
      return false;
    }
    throw error;
  }
}
