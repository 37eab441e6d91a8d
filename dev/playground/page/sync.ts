import { lastWrite, messageOf } from "./api.ts";
import { type Ask, askGatekeeper, type Grant } from "./ask.ts";
import { follow } from "./follow.ts";
import type { Applied, Rows } from "./rows.ts";
import type { Session } from "./session.ts";

/** What a column shows of its shape. */
export interface Shown {
  readonly status: "asking" | "syncing" | "live" | "refused";
  readonly message: string;
  readonly grant: Grant | null;
  readonly rows: Rows;
}

/** No rows yet, or none any more. */
export const NO_ROWS: Rows = new Map();

/** A write of the page's that is seen later than this was somebody else's, in milliseconds. */
const OWN_WRITE_WITHIN = 3000;

/** Who hears of what comes of it. */
export interface Show {
  readonly show: (change: Partial<Shown>) => void;
  readonly tell: (news: string) => void;
  readonly renew: () => void;
}

/** Asks for a token and follows the shape with it. */
export async function sync(
  side: string,
  { accessToken, name }: Session,
  ask: Ask,
  signal: AbortSignal,
  { show, tell, renew }: Show,
): Promise<void> {
  const refuse = (error: unknown) =>
    show({ status: "refused", message: messageOf(error), grant: null, rows: NO_ROWS });
  const who = { side, name };
  try {
    const grant = await askGatekeeper(who, accessToken, ask);
    if (signal.aborted) return;
    show({ status: "syncing", grant, rows: NO_ROWS });
    let isFirst = true;
    let isOver = false;
    const end = (error: unknown) => {
      if (!isOver) refuse(error);
      isOver = true;
    };
    follow(who, grant, {
      onRows(applied, isUpToDate) {
        show({ rows: applied.rows, ...(isUpToDate && { status: "live" }) });
        if (!isFirst) tell(newsOf(applied));
        if (isUpToDate) isFirst = false;
      },
      async onRefused() {
        const renewed = await askGatekeeper(who, accessToken, ask).catch(end);
        if (renewed === undefined) return null;
        if (JSON.stringify(renewed.params) === JSON.stringify(grant.params)) {
          show({ grant: renewed });
          return renewed;
        }
        // Another shape begins anew.
        isOver = true;
        renew();
        return null;
      },
      onEnd: end,
    }, signal);
  } catch (error) {
    if (!signal.aborted) refuse(error);
  }
}

function newsOf({ arrived, changed, left }: Applied): string {
  const all = [[arrived, "arrived"], [changed, "changed"], [left, "left"]] as const;
  const parts = all.filter(([n]) => n > 0).map(([n, did]) => `${n} ${did}`);
  const since = Date.now() - lastWrite.value;
  const after = since < OWN_WRITE_WITHIN ? `, ${since} ms after the write` : "";
  return parts.length === 0 ? "" : `${parts.join(", ")}${after}`;
}
