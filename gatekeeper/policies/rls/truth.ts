import { and, type Node, not, or, truthNode } from "./tree.ts";

/**
 * A condition that was rewritten: a node, or a constant. NULL is told apart from false until it is known
 * what it counts for.
 */
export type Condition = { readonly node: Node } | { readonly truth: boolean };

export const always: Condition = { truth: true };
export const never: Condition = { truth: false };

export const ofNode = (node: Node): Condition => ({ node });

/** `AND`, with constants folded. */
export function allOf(conditions: readonly Condition[]): Condition {
  if (conditions.some((one) => "truth" in one && !one.truth)) return never;
  const nodes = nodesOf(conditions);
  const [first] = nodes;
  if (first === undefined) return always;
  return ofNode(nodes.length === 1 ? first : and(nodes));
}

/** `OR`, with constants folded. */
export function anyOf(conditions: readonly Condition[]): Condition {
  if (conditions.some((one) => "truth" in one && one.truth)) return always;
  const nodes = nodesOf(conditions);
  const [first] = nodes;
  if (first === undefined) return never;
  return ofNode(nodes.length === 1 ? first : or(nodes));
}

/** `NOT`. */
export function opposite(condition: Condition): Condition {
  return "truth" in condition ? { truth: !condition.truth } : ofNode(not(condition.node));
}

/** A condition as a node, also where it is constant. */
export function nodeOf(condition: Condition): Node {
  return "truth" in condition ? truthNode(condition.truth) : condition.node;
}

function nodesOf(conditions: readonly Condition[]): Node[] {
  return conditions.flatMap((one) => "node" in one ? [one.node] : []);
}
