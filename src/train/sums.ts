/** The sums of an epoch so far, kept apart by shard, so that neither processes nor stops change a bit of them. */
import { alone, type Peers } from "../cluster/peers.ts";
import { consult } from "../cluster/talk.ts";
import type { Kernels } from "../engine/kernels.ts";
import { type Totals, totalCells } from "../engine/matrix.ts";
import { partOf, planMerges } from "./shardTree.ts";

export class Sums {
  private readonly blocks: readonly Totals[];

  constructor(
    k: Kernels,
    shards = 1,
    private readonly peers: Peers = alone,
  ) {
    this.blocks = Array.from({ length: shards }, () => k.backend.doubles(totalCells.count));
  }

  /** Where a shard's sums are added to. */
  of(shard: number): Totals {
    return this.blocks[shard]!;
  }

  /** Of all shards, one after the other, as they are known here; nothing may be enqueued. */
  set(cells: readonly number[]): void {
    for (const [shard, { values }] of this.blocks.entries())
      for (let cell = 0; cell < values.length; cell++) values[cell] = cells[shard * totalCells.count + cell]!;
  }

  /** The sums of all shards, whichever processes have them, into `cells`; nothing may be enqueued. */
  async read(cells: number[]): Promise<void> {
    const { blocks, peers } = this;
    if (peers.size > 1) {
      const own = partOf(peers.rank, peers.size, blocks.length);
      const mine = blocks.slice(own.first, own.end).map(({ values }) => [...values]);
      this.set(await consult(peers, mine, (all) => all.flat(2)));
    }
    for (const [shard, { values }] of blocks.entries())
      for (let cell = 0; cell < values.length; cell++) cells[shard * totalCells.count + cell] = values[cell]!;
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
