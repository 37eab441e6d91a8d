import { badToken } from "../shared/claims.ts";
import { answer } from "../shared/refusal.ts";

/** Where a client may be in a shape's log. */
const OFFSET = /^\d+_(\d+|inf)$/;

/** What a header may hold as it is. */
const PLAIN = /^[\w.~-]*$/;

/**
 * Answers a request whose token's time was over while it was held. A long poll gets what Electric says
 * when nothing came in time: the client asks again from where it was, and then learns that it needs
 * another token. All others learn it now, by the 401 `Refusal` that this throws.
 *
 * `url`: what upstream was asked.
 */
export function nothingNew(url: string): Response {
  const query = new URL(url).searchParams;
  const isTrue = (name: string) => query.get(name) === "true";
  const isLongPoll = isTrue("live") && !isTrue("live_sse") && !isTrue("experimental_live_sse");
  const [handle = "", offset = "", cursor = ""] = ["handle", "offset", "cursor"]
    .map((name) => query.get(name) ?? "");
  const isPlain = handle !== "" && PLAIN.test(handle) && OFFSET.test(offset) && PLAIN.test(cursor);
  if (!isLongPoll || !isPlain) throw badToken("over");
  return answer([], 200, {
    "electric-handle": handle,
    "electric-offset": offset,
    "electric-cursor": cursor,
  });
}
