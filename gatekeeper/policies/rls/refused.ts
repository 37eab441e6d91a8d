/**
 * Row-level security that can't be a shape exactly; the message names the policy, the part and the way
 * out. It is never approximated.
 */
export class RlsRefused extends Error {
  override readonly name = "RlsRefused";
  readonly code = "rls_refused";
}

/** A policy, as messages name it. */
export function nameOf(policy: string, table: { schema: string; name: string }): string {
  return `policy "${policy}" of ${table.schema}.${table.name}`;
}

/** Does something for a policy, which a refusal then names. */
export function inPolicy<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RlsRefused) || error.message.startsWith("policy ")) throw error;
    throw new RlsRefused(`${name} can't be a shape: ${error.message}`);
  }
}
