import { readBody } from "../../shared/body.ts";
import { answer, answerRefusals } from "../../shared/refusal.ts";

// A server that answers with the body it got, if that came within so many milliseconds.
const [port = 0, within = 0] = Deno.args.map(Number);
const read = async (request: Request) => answer({ text: await readBody(request, { within }) });
Deno.serve({ hostname: "127.0.0.1", port }, answerRefusals(read, console.error));
