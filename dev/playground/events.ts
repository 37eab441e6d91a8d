import type { Event } from "./protocol.ts";

/** Milliseconds between signs of life, so that a page notices a server that has gone. */
const BEAT = 15_000;

/** As many events as a page is told of that comes a moment later. */
const KEPT = 30;

/** Tells pages what happens, as server-sent events (HTML standard, 9.2). */
export class Events {
  readonly #open = new Set<ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>>();

  #last: readonly string[] = [];

  /** Tells all pages that listen. */
  tell(event: Event): void {
    const text = `data: ${JSON.stringify(event)}\n\n`;
    this.#last = [...this.#last, text].slice(-KEPT);
    this.#send(text);
  }

  /** The answer to a page that wants to listen. */
  listen(): Response {
    const open = this.#open;
    let beat: ReturnType<typeof setInterval> | undefined;
    let own: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
    const leave = () => {
      clearInterval(beat);
      if (own !== undefined) open.delete(own);
    };
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        own = controller;
        open.add(controller);
        controller.enqueue(encode(`: here\n\n${this.#last.join("")}`));
        beat = setInterval(() => controller.enqueue(encode(": still here\n\n")), BEAT);
        Deno.unrefTimer(beat);
      },
      cancel: leave,
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  }

  #send(text: string): void {
    for (const controller of this.#open) controller.enqueue(encode(text));
  }
}

const encode = (text: string) => new TextEncoder().encode(text);
