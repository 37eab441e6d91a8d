import { stripVTControlCharacters } from "node:util";
import type { Event, Upstream } from "./protocol.ts";
import { MARK } from "./upstream_line.ts";

/** Reads a line that a part printed: what a request was like that it made, or a line of its log. */
export function readLine(part: string, line: string): Event {
  if (!line.startsWith(MARK)) {
    return { type: "line", part, text: stripVTControlCharacters(line), at: Date.now() };
  }
  const upstream: Upstream = JSON.parse(line.slice(MARK.length));
  return { type: "upstream", upstream };
}
