import { listOf } from "../sql_tree.ts";
import { and, fieldsOf, mapNode, type Node, typeOf } from "./tree.ts";

/**
 * A condition in which AND joins each part once. A part is there twice where a policy asks of an inner table what
 * that table's own policy asks, too. Only parts that read the same go: `x AND x` is `x`, also where it is NULL.
 */
export function withoutRepeats(tree: Node): Node {
  return mapNode(tree, once);
}

function once(node: Node): Node {
  const parts = partsOf(node);
  if (parts.length === 1) return node;
  const kept = [...new Map(parts.map((part) => [textOf(part), part])).values()];
  const [first = node] = kept;
  return kept.length === 1 ? first : and(kept);
}

/** What AND joins, also in an AND inside it; a node that is no AND is its only part. */
function partsOf(node: Node): Node[] {
  const { boolop, args } = fieldsOf(node);
  if (typeOf(node) !== "BoolExpr" || boolop !== "AND_EXPR") return [node];
  return listOf(args).flatMap((part) => partsOf({ ...Object(part) }));
}

/** A node as text, wherever it stood in its policy. */
const textOf = (node: Node) =>
  JSON.stringify(node, (name, value: unknown) => name === "location" ? undefined : value);
