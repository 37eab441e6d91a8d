import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";

/** Where requests go on to. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/**
 * Passes requests on to another server as they came, byte for byte in path, headers and body, and its
 * answers back: whoever asks can't tell that there is something in between.
 */
export function createForward({ host, port }: Target) {
  const agent = new Agent({ keepAlive: true });

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url: path, rawHeaders: headers } = incoming;
    const onward = request({ host, port, method, path, headers, agent }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      // Its beginning goes at once, for what follows may take its time.
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.on("error", () => outgoing.destroy());
    });
    onward.on("error", () => {
      if (outgoing.headersSent) return void outgoing.destroy();
      const message = "The gatekeeper isn't there: it is starting, or its log says why not.";
      outgoing.writeHead(503, { "content-type": "application/json", "retry-after": "1" });
      outgoing.end(JSON.stringify({ message }));
    });
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  }

  return { forward, close: () => agent.destroy() };
}
