/** The sums of an epoch so far, kept apart by shard, so that neither processes nor stops change a bit of them. */
import { alone, type Peers } from "../cluster/peers.ts";
import { consult } from "../cluster/talk.ts";
import type { Kernels } from "../engine/kernels.ts";
import { type Totals, totalCells } from "../engine/matrix.ts";
import { partOf, planMerges } from "./shardTree.ts";

export class Sums {
  private readonly blocks: readonly Totals[];

  constructor(
    private readonly k: Kernels,
    shards = 1,
    private readonly peers: Peers = alone,
  ) {
    this.blocks = Array.from({ length: shards }, () => k.backend.doubles(totalCells.count));
  }

  /** Where a shard's sums are added to. */
  of(shard: number): Totals {
    return this.blocks[shard]!;
  }

  /** Of all shards, one after the other, as they are known here. */
  set(cells: readonly number[]): void {
    const { count } = totalCells;
    for (const [shard, block] of this.blocks.entries())
      this.k.write(block, (sums) => {
        for (let cell = 0; cell < count; cell++) sums[cell] = cells[shard * count + cell]!;
      });
  }

  /** The sums of all shards, whichever processes have them, into `cells`. */
  async read(cells: number[]): Promise<void> {
    const { k, blocks, peers } = this;
    if (peers.size > 1) {
      const own = partOf(peers.rank, peers.size, blocks.length);
      const owned = await Promise.all(blocks.slice(own.first, own.end).map((block) => k.read(block)));
      const mine = owned.map((sums) => [...sums]);
      this.set(await consult(peers, mine, (all) => all.flat(2)));
    }
    for (const [shard, block] of blocks.entries()) {
      const sums = await k.read(block);
      for (let cell = 0; cell < sums.length; cell++) cells[shard * totalCells.count + cell] = sums[cell]!;
    }
  }
}

/** The cells of all shards put together, as gradients are. */
export function sumOf(cells: readonly number[]): readonly number[] {
  const { count } = totalCells;
  const shards = cells.length / count;
  if (shards === 1) return cells;
  const sums = [...cells];
  planMerges(
    { first: 0, end: shards },
    ({ first, end }) => (end - first === 1 ? first : null),
    ({ into, from }) => {
      for (let cell = 0; cell < count; cell++) sums[into * count + cell]! += sums[from * count + cell]!;
    },
  );
  return sums.slice(0, count);
}
