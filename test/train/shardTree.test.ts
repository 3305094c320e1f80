/** How shards are put together: in one order, whoever has them. */
import { describe, expect, test } from "vitest";
import { planShards } from "../../src/train/shardPlan.ts";
import { type Node, partOf, planMerges, wholeNodes } from "../../src/train/shardTree.ts";

/** The tree over shards as text: (0+1)+(2+3). */
function treeOf({ first, end }: Node): string {
  if (end - first === 1) return `${first}`;
  const middle = (first + end) >> 1;
  return `(${treeOf({ first, end: middle })}+${treeOf({ first: middle, end })})`;
}

/** What a process's plan leaves of its shards, in texts for vectors. */
function wholesOf(shards: number, own: Node): { node: Node; text: string }[] {
  const plan = planShards(shards, own);
  const vectors = new Array<string>(plan.vectors).fill("garbage");
  for (const [i, steps] of plan.after.entries()) {
    vectors[0] = `${own.first + i}`;
    for (const step of steps) {
      if (step.do === "keep") vectors[step.into] = vectors[0];
      else vectors[step.into] = `(${vectors[step.into]}+${vectors[step.from]})`;
    }
  }
  return plan.wholes.map(({ node, vector }) => ({ node, text: vectors[vector]! }));
}

const cases = [1, 2, 3, 5, 8, 13, 16].flatMap((shards) =>
  [1, 2, 3, 4, 5, 8, 16].filter((size) => size <= shards).map((size) => [shards, size] as const),
);

describe.each(cases)("%i shards over %i processes", (shards, size) => {
  const owns = Array.from({ length: size }, (_, rank) => partOf(rank, size, shards));

  test("every shard is one process's, in order", () => {
    const all = owns.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i));
    expect(all).toEqual(Array.from({ length: shards }, (_, shard) => shard));
  });

  test("are put together as one process puts them together", () => {
    const wholes = owns.flatMap((own) => wholesOf(shards, own));
    const texts = wholes.map(({ text }) => text);
    const place = (node: Node) => {
      const at = wholes.findIndex((whole) => whole.node.first === node.first && whole.node.end === node.end);
      return at < 0 ? null : at;
    };
    const root = planMerges({ first: 0, end: shards }, place, ({ into, from }) => {
      texts[into] = `(${texts[into]}+${texts[from]})`;
    });
    expect(texts[root]).toBe(treeOf({ first: 0, end: shards }));
  });

  test("take few vectors: one for each height of the tree, and for each node but the last", () => {
    for (const own of owns) {
      const height = Math.ceil(Math.log2(own.end - own.first));
      const nodes = wholeNodes(shards, own).length;
      expect(planShards(shards, own).vectors).toBeLessThanOrEqual(height + nodes);
    }
  });
});
