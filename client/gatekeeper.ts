import { GatekeeperError } from "./error.ts";
import { type Grant, readGrant, recordOf } from "./grant.ts";
import { holderOf } from "./holder.ts";
import { inOneTab } from "./one_tab.ts";
import { nameOf, type Question } from "./question.ts";
import { remember } from "./remember.ts";
import { sleep } from "./sleep.ts";

/** How long the gatekeeper may take to answer, in milliseconds. */
const ANSWER_WITHIN = 10_000;
/** What is asked for within as many milliseconds goes in one request. */
const TOGETHER_WITHIN = 5;
/** The gatekeeper takes as many questions at once. */
const MOST_AT_ONCE = 50;

/** Asks for a grant, with the user's credentials. Rejects with a {@link GatekeeperError}. */
export type Ask = (question: Question, authorization: string) => Promise<Grant>;

/** What one request asks for, and its answers in the same order. */
interface Batch {
  readonly questions: Question[];
  readonly answers: Promise<readonly Answer[]>;
}

interface Answer {
  readonly status: unknown;
  readonly message: unknown;
}

/** Asks the gatekeeper at `url`: together what is asked for together, and not again at once where it is away. */
export function askAt(url: string, fetchClient: typeof fetch): Ask {
  /** By who asks: a request has credentials but once. */
  const waiting = new Map<string, Batch>();
  let failedInARow = 0;
  let pauseUntil = 0;

  const post = async (questions: readonly Question[], authorization: string) => {
    const { path, content } = toRequest(questions);
    return await fetchClient(`${url}/gatekeeper${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization && { authorization }) },
      body: JSON.stringify(content),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
  };

  const answer = async (questions: readonly Question[], authorization: string, holder: string) => {
    await sleep(Math.max(TOGETHER_WITHIN, pauseUntil - Date.now()));
    waiting.delete(holder);
    const send = () => post(questions, authorization);
    // No answer at all has the status 0.
    const response = await inOneTab(url, send).catch(() => Response.error());
    const { status } = response;
    // Without JSON, the status has to do.
    const body: unknown = await response.json().catch(() => {});
    failedInARow = isAway(status) ? failedInARow + 1 : 0;
    // Up to 0.1 s, 0.4 s, 0.9 s, … 10 s.
    pauseUntil = Date.now() + 100 * Math.min(10, failedInARow) ** 2 * Math.random();
    return questions.map((_, i) => {
      return { status, message: "", ...recordOf(Array.isArray(body) ? body[i] : body) };
    });
  };

  return async (question, authorization) => {
    const holder = holderOf(authorization);
    const { questions, answers } = remember(waiting, holder, () => {
      const questions: Question[] = [];
      return { questions, answers: answer(questions, authorization, holder) };
    });
    const place = questions.push(question) - 1;
    if (questions.length === MOST_AT_ONCE) waiting.delete(holder);
    const own = (await answers)[place];
    const grant = readGrant(own);
    if (grant) return grant;
    const status = Number(own?.status);
    const code = status === 200 ? "bad_answer" : isAway(status) ? "unavailable" : "refused";
    const said = status ? `answered ${status}: ${own?.message}` : "doesn't answer.";
    throw new GatekeeperError(code, `The gatekeeper at ${url} ${said}`, nameOf(question));
  };
}

/** Whether another try makes sense; 0 is no answer at all. */
function isAway(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function toRequest(questions: readonly Question[]): { path: string; content: unknown } {
  const [question] = questions;
  if (!question || questions.length > 1) return { path: "", content: questions };
  const { table: _table, shape, args, ...rest } = question;
  const path = `${shape ? "/shapes" : ""}/${encodeURIComponent(nameOf(question))}`;
  return { path, content: args ?? rest };
}
