import type { DevConfig } from "../config.ts";
import type { Events } from "./events.ts";
import { startFront } from "./front.ts";
import { createPlayground } from "./playground.ts";

/** What the playground needs of what `dev` has started. */
export interface StartOptions {
  readonly config: DevConfig;
  readonly databaseUrl: string;
  readonly authSecret: string;
  readonly userSecret: string | undefined;
  /** Where the gatekeeper listens, behind the playground. */
  readonly gatekeeperPort: number;
  /** Where clients find the edge. */
  readonly edge: string;
  readonly events: Events;
  readonly log: (line: string) => void;
}

/** Starts the playground on the gatekeeper's port, in front of the gatekeeper. */
export async function startPlayground(options: StartOptions): Promise<AsyncDisposable> {
  const { config, gatekeeperPort, ...others } = options;
  const { host, ports: { gatekeeper: port }, library } = config;
  const gatekeeper = { host: "127.0.0.1", port: gatekeeperPort };
  const playground = createPlayground({
    ...others,
    port,
    library,
    gatekeeper: `http://${gatekeeper.host}:${gatekeeper.port}`,
  });
  const front = await startFront({ host, port, playground, gatekeeper });
  return {
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await playground[Symbol.asyncDispose]();
    },
  };
}
