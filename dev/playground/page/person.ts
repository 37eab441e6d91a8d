import { useEffect, useMemo, useState } from "preact/hooks";
import type { State } from "../protocol.ts";
import { type Ask, sqlOf } from "./ask.ts";
import { AskForm } from "./ask_form.ts";
import { Clause } from "./clause.ts";
import { html } from "./html.ts";
import { Rights } from "./rights.ts";
import type { Rows } from "./rows.ts";
import { RowsTable } from "./rows_table.ts";
import { SessionForm } from "./session_form.ts";
import { NOBODY, type Session } from "./session.ts";
import { NO_ROWS, type Shown, sync } from "./sync.ts";
import { Token } from "./token.ts";

interface Props {
  readonly side: "a" | "b";
  /** The id of who is signed in to begin with. */
  readonly start: string;
  readonly table: string;
  readonly state: State;
}

const ASKING: Shown = { status: "asking", message: "", grant: null, rows: NO_ROWS };

/** For who opens the page in a project whose tables need a sign-in. */
const NEXT_STEP =
  "Nobody in particular is asking. Choose someone under Who, by a user id of yours, or another table under What; " +
  "what opens a table stands in your policies.";

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
      <${SessionForm} side=${side} label="Who" start=${start} state=${state} session=${session} onSession=${setSession} />
      <${AskForm} side=${side} state=${state} ask=${ask} onAsk=${setAsk} />
    </div>
    <p class="status" role="status">
      <span class=${`pill ${status}`}>${
    labelOf(status, rows)
  }</span> <span class="news">${news}</span>
    </p>
    ${message !== "" && html`<p class="message">${message}</p>`}
    ${status === "refused" && session === NOBODY && html`<p class="empty">${NEXT_STEP}</p>`}
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
