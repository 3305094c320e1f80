/** What a process does after each of its shards, so that their results end in few vectors: the local half of the tree. */
import { type Node, wholeNodes } from "./shardTree.ts";

/** Vector 0 is where every shard's result appears; the others are spare. */
export type Step =
  | { readonly do: "keep"; readonly into: number }
  | {
      readonly do: "merge";
      readonly into: number;
      readonly from: number;
      readonly left: Node;
      readonly right: Node;
    };

export interface ShardPlan {
  /** After each own shard, in order. */
  readonly after: readonly (readonly Step[])[];
  /** Nodes that hold this process's shards alone, and the vectors in which they end. */
  readonly wholes: readonly { readonly node: Node; readonly vector: number }[];
  /** Vectors in all. */
  readonly vectors: number;
}

/** The plan for consecutive shards `own` of so many. */
export function planShards(shards: number, own: Node): ShardPlan {
  const after: Step[][] = Array.from({ length: own.end - own.first }, () => []);
  const free: number[] = [];
  let vectors = 1;
  const take = () => free.pop() ?? vectors++;
  /** @param isLast nothing is computed between it and its use: it may stay where it is */
  const fold = ({ first, end }: Node, isLast: boolean): number => {
    const steps = after[end - 1 - own.first]!;
    if (end - first === 1) {
      if (isLast) return 0;
      const into = take();
      steps.push({ do: "keep", into });
      return into;
    }
    const middle = (first + end) >> 1;
    const [left, right] = [
      { first, end: middle },
      { first: middle, end },
    ];
    const into = fold(left, false);
    const from = fold(right, true);
    steps.push({ do: "merge", into, from, left, right });
    if (from > 0) free.push(from);
    return into;
  };
  const nodes = wholeNodes(shards, own);
  const wholes = nodes.map((node, i) => ({ node, vector: fold(node, i === nodes.length - 1) }));
  return { after, wholes, vectors };
}
