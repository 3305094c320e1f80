/** How much rows count in the mean over a batch: one each, or what the data and the loss's class weights say. */
import type { LossRule } from "../engine/losses.ts";
import { lossOf } from "../tasks/losses.ts";
import type { Rows } from "./batches.ts";

/** Consecutive rows of an epoch's order. */
export interface Stretch {
  readonly first: number;
  readonly size: number;
}

export class RowWeights {
  private readonly isWeighted: boolean;

  /** @param shards a batch that is not parted counts by its rows, as its parts in time (`accumulate`) do */
  constructor(
    private readonly rows: Rows,
    private readonly rule: LossRule,
    shards: number,
  ) {
    const hasClassWeights = rule.weights !== null && lossOf(rule.name).learns === "classes";
    this.isWeighted = shards > 1 && (rows.weights !== null || hasClassWeights);
  }

  /** Σ of row weight · class weight over rows that are in memory; looks at them, so that what is enqueued is run. */
  of({ first, size }: Stretch): number {
    if (!this.isWeighted) return size;
    const { rows, rule } = this;
    const hasClassWeights = lossOf(rule.name).learns === "classes";
    const classWeights = hasClassWeights ? (rule.weights?.host ?? null) : null;
    const [order, targets] = [rows.order.host, rows.targets.host];
    const weights = rows.weights?.host ?? null;
    const start = rows.find(first)!;
    let sum = 0;
    for (let at = start; at < start + size; at++) {
      const row = order[at]!;
      sum += (weights?.[row] ?? 1) * (classWeights?.[targets[row]!] ?? 1);
    }
    return sum;
  }
}
