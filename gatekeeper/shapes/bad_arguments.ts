import { Refusal } from "../../shared/refusal.ts";

/** What is wrong with one argument, as clients are told. */
export interface ArgumentIssue {
  /** Names and indexes from the arguments to the place. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** 400 for arguments that a shape doesn't take; the answer holds {@link BadArguments.issues}, too. */
export class BadArguments extends Refusal {
  readonly issues: readonly ArgumentIssue[];

  constructor(issues: readonly ArgumentIssue[]) {
    super(400, "invalid_request", "The shape doesn't take these arguments; issues says why.");
    this.issues = issues;
    this.because("invalid_arguments");
  }
}

/** For a shape that has none. */
export function noArguments(given: string): BadArguments {
  return new BadArguments([{ path: [given], message: "This shape takes no arguments." }]);
}
