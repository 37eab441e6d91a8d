import { Refusal } from "../../shared/refusal.ts";
import { oneLine } from "../policies/one_line.ts";

/** What is wrong with one argument, as clients are told. */
export interface ArgumentIssue {
  /** Names and indexes from the arguments to the place. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** As much of the issues as the message tells, in characters. */
const MAX_TOLD = 300;

/** 400 for arguments that a shape doesn't take; the answer holds {@link BadArguments.issues}, too. */
export class BadArguments extends Refusal {
  readonly issues: readonly ArgumentIssue[];

  constructor(issues: readonly ArgumentIssue[]) {
    super(400, "invalid_request", `Bad arguments: ${tell(issues)}`);
    this.issues = issues;
    this.because("invalid_arguments");
  }
}

/** In one line, for clients that show no more than the message, and for the log. */
function tell(issues: readonly ArgumentIssue[]): string {
  const all = issues.map(({ path, message }) => [path.join("."), message]);
  const text = all.map((parts) => parts.filter((part) => part !== "").join(": ")).join("; ");
  const line = oneLine(text === "" ? "the schema doesn't say why" : text);
  return line.length > MAX_TOLD ? `${line.slice(0, MAX_TOLD - 1).toWellFormed()}…` : line;
}

/** For a shape that has none. */
export function noArguments(given: string): BadArguments {
  return new BadArguments([{ path: [given], message: "This shape takes no arguments." }]);
}
