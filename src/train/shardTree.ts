/**
 * How a batch is parted into shards, and in which order what they find is put together: a binary tree over shards that
 * the spec alone decides. Processes have consecutive shards each; who computes what changes nothing of the order.
 */

/** Consecutive shards; of more than one, the first half of them and the second. */
export interface Node {
  readonly first: number;
  readonly end: number;
}

/** Part number `index` of `count` things in `parts` parts as even as can be: [first, end). */
export function partOf(index: number, parts: number, count: number): Node {
  const start = (part: number) => Math.floor((part * count) / parts);
  return { first: start(index), end: start(index + 1) };
}

/** Where a node's two halves meet. */
function middle({ first, end }: Node): number {
  return (first + end) >> 1;
}

/** The largest nodes of the tree over `shards` shards that hold none but those of `own`, in order. */
export function wholeNodes(shards: number, own: Node, node: Node = { first: 0, end: shards }): Node[] {
  if (node.end <= own.first || node.first >= own.end) return [];
  if (own.first <= node.first && node.end <= own.end) return [node];
  const at = middle(node);
  return [
    ...wholeNodes(shards, own, { first: node.first, end: at }),
    ...wholeNodes(shards, own, { first: at, end: node.end }),
  ];
}

/** Of two nodes side by side, the second is taken into the first, whose memory then holds their parent. */
export interface Merge {
  readonly left: Node;
  readonly right: Node;
  /** Where they are: numbers that `place` gave, and whoever plans means. */
  readonly into: number;
  readonly from: number;
}

/**
 * The merges of a node, in order; gives the place of their result.
 * @param place where a node is that nobody has to merge; null: its halves are to be merged
 */
export function planMerges(
  node: Node,
  place: (node: Node) => number | null,
  merged: (merge: Merge) => void,
): number {
  const known = place(node);
  if (known !== null) return known;
  const left = { first: node.first, end: middle(node) };
  const right = { first: left.end, end: node.end };
  const into = planMerges(left, place, merged);
  const from = planMerges(right, place, merged);
  merged({ left, right, into, from });
  return into;
}

/** How much a shard, or a node of them, counts: the weights of its rows, summed. */
export function weightOf({ first, end }: Node, weights: ArrayLike<number>): number {
  let sum = 0;
  for (let shard = first; shard < end; shard++) sum += weights[shard]!;
  return sum;
}
