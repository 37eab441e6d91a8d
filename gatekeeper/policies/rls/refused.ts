/**
 * Row-level security that can't be a shape exactly; the message names the policy, the part and the way
 * out. It is never approximated.
 */
export class RlsRefused extends Error {
  override readonly name = "RlsRefused";
  readonly code = "rls_refused";
}
