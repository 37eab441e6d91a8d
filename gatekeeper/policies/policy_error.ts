/** A mistake of what decides, not the client's. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code = "policy_failed";
}
