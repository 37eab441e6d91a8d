import { GatekeeperError } from "./error.ts";
import { type Grant, isRecord, readGrant } from "./grant.ts";
import { inOneTab } from "./one_tab.ts";
import { nameOf, type Question } from "./question.ts";
import { remember } from "./remember.ts";

/** How long the gatekeeper may take to answer, in milliseconds. */
const ANSWER_WITHIN = 10_000;
/** What is asked for within as many milliseconds goes in one request. */
const TOGETHER_WITHIN = 5;
/** The gatekeeper takes as many questions at once. */
const MOST_AT_ONCE = 50;

/** Asks for a grant, with the user's credentials. Rejects with a {@link GatekeeperError}. */
export type Ask = (question: Question, authorization: string | undefined) => Promise<Grant>;

/** Somebody who waits for an answer. */
interface Asker {
  readonly question: Question;
  readonly resolve: (grant: Grant) => void;
  readonly reject: (error: GatekeeperError) => void;
}

/** Asks the gatekeeper at `url`: together what is asked for together, and not again at once where it is away. */
export function askAt(url: string, fetchClient: typeof fetch): Ask {
  /** By credentials, which a request has but once. */
  const waiting = new Map<string | undefined, Asker[]>();
  let failedInARow = 0;
  let pauseUntil = 0;

  const post = (questions: readonly Question[], authorization = "") => {
    const { path, content } = toRequest(questions);
    return fetchClient(`${url}/gatekeeper${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization && { authorization }) },
      body: JSON.stringify(content),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
  };

  const answer = async (askers: readonly Asker[], authorization: string | undefined) => {
    let status = 0;
    let body: unknown;
    let cause: unknown;
    try {
      const questions = askers.map(({ question }) => question);
      const response = await inOneTab(url, () => post(questions, authorization));
      status = response.status;
      body = await response.json();
    } catch (error) {
      // Without JSON, the status has to do.
      cause = error;
    }
    failedInARow = isAway(status) ? failedInARow + 1 : 0;
    // Up to 0.1 s, 0.4 s, 0.9 s, … 10 s.
    pauseUntil = Date.now() + 100 * Math.min(10, failedInARow) ** 2 * Math.random();
    askers.forEach(({ question, resolve, reject }, i) => {
      const own: unknown = Array.isArray(body) ? body[i] : body;
      const grant = readGrant(own);
      if (grant) resolve(grant);
      else reject(errorOf(question, status, own, cause));
    });
  };

  const errorOf = (question: Question, ofAll: number, answer: unknown, cause: unknown) => {
    const { status = ofAll, message = "" } = isRecord(answer) ? answer : {};
    const own = Number(status);
    return new GatekeeperError(
      own === 200 ? "bad_answer" : isAway(own) ? "unavailable" : "refused",
      `The gatekeeper at ${url} ${own ? `answered ${own}: ${message}` : "doesn't answer."}`,
      nameOf(question),
      { cause },
    );
  };

  const flush = () => {
    for (const [authorization, askers] of waiting) {
      while (askers.length > 0) void answer(askers.splice(0, MOST_AT_ONCE), authorization);
    }
    waiting.clear();
  };

  return (question, authorization) =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0) setTimeout(flush, Math.max(TOGETHER_WITHIN, pauseUntil - Date.now()));
      remember(waiting, authorization, () => []).push({ question, resolve, reject });
    });
}

/** Whether another try makes sense; 0 is no answer at all. */
function isAway(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function toRequest(questions: readonly Question[]): { path: string; content: unknown } {
  const [question] = questions;
  if (!question || questions.length > 1) return { path: "", content: questions };
  const name = encodeURIComponent(nameOf(question));
  if ("shape" in question) return { path: `/shapes/${name}`, content: question.args ?? {} };
  // JSON leaves out what is undefined.
  return { path: `/${name}`, content: { ...question, table: undefined } };
}
