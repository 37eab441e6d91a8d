import { useEffect, useMemo, useState } from "preact/hooks";
import type { State } from "../protocol.ts";
import { lastWrite, messageOf } from "./api.ts";
import { type Ask, askGatekeeper, type Grant, sqlOf } from "./ask.ts";
import { AskForm } from "./ask_form.ts";
import { Clause } from "./clause.ts";
import { follow } from "./follow.ts";
import { html } from "./html.ts";
import { Rights } from "./rights.ts";
import type { Applied, Rows } from "./rows.ts";
import { RowsTable } from "./rows_table.ts";
import { SessionForm } from "./session_form.ts";
import { NOBODY, type Session } from "./session.ts";
import { Token } from "./token.ts";

interface Props {
  readonly side: "a" | "b";
  /** The id of who is signed in to begin with. */
  readonly start: string;
  readonly table: string;
  readonly state: State;
}

/** What a column shows of its shape. */
interface Shown {
  readonly status: "asking" | "syncing" | "live" | "refused";
  readonly message: string;
  readonly grant: Grant | null;
  readonly rows: Rows;
}

const NO_ROWS: Rows = new Map();
const ASKING: Shown = { status: "asking", message: "", grant: null, rows: NO_ROWS };

/** A write of the page's that is seen later than this was somebody else's, in milliseconds. */
const OWN_WRITE_WITHIN = 3000;

/** Somebody, what they ask for, and what they get. */
export function PersonColumn({ side, start, table, state }: Props) {
  const [session, setSession] = useState<Session | null>(null);
  const [ask, setAsk] = useState<Ask>({ kind: "table", name: table, where: "", json: "" });
  const [round, setRound] = useState(0);
  const [shown, setShown] = useState<Shown>(ASKING);
  const [news, setNews] = useState("");
  const renew = () => setRound((n) => n + 1);

  useEffect(() => {
    if (session === null) return;
    const over = new AbortController();
    setNews("");
    setShown((before) => ({ ...before, status: "asking", message: "" }));
    sync(side, session, ask, over.signal, {
      show: (change) => !over.signal.aborted && setShown((before) => ({ ...before, ...change })),
      tell: setNews,
      renew,
    });
    return () => over.abort();
  }, [session, ask, round]);

  const { grant, rows, status, message } = shown;
  const tableOfShape = useMemo(
    () => state.tables.find(({ table }) => table === grant?.params.table),
    [grant],
  );
  const who = session?.name ?? "…";
  return html`<section class=${`person ${side}`} aria-label=${`${who} and what they get`}>
    <div class="choose">
      <${SessionForm} side=${side} start=${start} state=${state} session=${session} onSession=${setSession} />
      <${AskForm} side=${side} state=${state} ask=${ask} onAsk=${setAsk} />
    </div>
    <p class="status" role="status">
      <span class=${`pill ${status}`}>${
    labelOf(status, rows)
  }</span> <span class="news">${news}</span>
    </p>
    ${message !== "" && html`<p class="message">${message}</p>`}
    ${
    grant !== null && html`
      <div class="granted">
        <${Clause} sql=${sqlOf(grant.params)} values=${Object.values(grant.params.params ?? {})} />
        <${Token} token=${grant.token} onRenew=${renew} />
      </div>
    `
  }
    ${
    session?.id !== undefined && session !== NOBODY &&
    html`
      <${Rights} userId=${session.id} name=${who} where=${grant?.params.where ?? ""} state=${state}
        onRenew=${renew} />
    `
  }
    ${
    grant !== null &&
    html`
      <${RowsTable} rows=${rows} grant=${grant} table=${tableOfShape} name=${who}
        isLive=${status === "live"} />
    `
  }
  </section>`;
}

function labelOf(status: Shown["status"], { size }: Rows): string {
  const count = `${size} ${size === 1 ? "row" : "rows"}`;
  return {
    asking: "asking",
    syncing: "syncing",
    live: `live · ${count}`,
    refused: "refused",
  }[status];
}

interface Show {
  readonly show: (change: Partial<Shown>) => void;
  readonly tell: (news: string) => void;
  readonly renew: () => void;
}

/** Asks for a token and follows the shape with it. */
async function sync(
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
    follow(who, grant, {
      onRows(applied, isUpToDate) {
        show({ rows: applied.rows, ...(isUpToDate && { status: "live" }) });
        if (!isFirst) tell(newsOf(applied));
        if (isUpToDate) isFirst = false;
      },
      async onRefused() {
        const renewed = await askGatekeeper(who, accessToken, ask);
        const isSame = JSON.stringify(renewed.params) === JSON.stringify(grant.params);
        // Another shape begins anew.
        if (!isSame) renew();
        else show({ grant: renewed });
        return isSame ? renewed : null;
      },
      onEnd: refuse,
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
