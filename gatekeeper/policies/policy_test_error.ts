/**
 * A test of policies that has no outcome: `policy_failed` where a policy threw or gave what can't be
 * used, `unavailable` where the database is away or too slow, `no_database` where none was named.
 */
export class PolicyTestError extends Error {
  override readonly name = "PolicyTestError";
  readonly code: "policy_failed" | "unavailable" | "no_database";

  constructor(code: PolicyTestError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
