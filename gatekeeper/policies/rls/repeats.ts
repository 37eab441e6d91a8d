import { and, conjuncts, mapNode, type Node } from "./tree.ts";

/**
 * A condition in which AND joins each part once. A part is there twice where a policy asks of an inner table what
 * that table's own policy asks, too. Only parts that read the same go: `x AND x` is `x`, also where it is NULL.
 */
export function withoutRepeats(tree: Node): Node {
  return mapNode(tree, once);
}

function once(node: Node): Node {
  const parts = conjuncts(node);
  if (parts.length === 1) return node;
  const kept = [...new Map(parts.map((part) => [textOf(part), part])).values()];
  const [first = node] = kept;
  return kept.length === 1 ? first : and(kept);
}

/** A node as text, wherever it stood in its policy. */
const textOf = (node: Node) =>
  JSON.stringify(node, (name, value: unknown) => name === "location" ? undefined : value);
