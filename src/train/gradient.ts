/**
 * The gradient of the mean loss over an update's rows: each shard's on its own, batch by batch where they do not fit
 * one, and all put together by the tree over shards, whoever has computed them. Running statistics go the same way.
 * Knows no optimizer and no epochs.
 */
import { alone, type Peers } from "../cluster/peers.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { LossRule } from "../engine/losses.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import type { Batches } from "./batches.ts";
import { type Bucket, bucketsOf } from "./buckets.ts";
import { Exchange, type PlanMove } from "./exchange.ts";
import { RowWeights, type Stretch } from "./rowWeights.ts";
import { planShards, type ShardPlan } from "./shardPlan.ts";
import { type Node, partOf, weightOf } from "./shardTree.ts";
import type { Sums } from "./sums.ts";
import { largestRow, suspect, type Trace, traceBackward, traceForward } from "./trace.ts";

export interface GradientOptions {
  readonly batchSize: number;
  /** At most: an epoch's last update may have fewer. */
  readonly rowsPerUpdate: number;
  /** Parts of each batch; 1 if absent. */
  readonly shards?: number;
  /** Who shares the work. */
  readonly peers?: Peers;
  /** What moves weights as soon as their gradient is known, each process a share of them; null: they stay. */
  readonly mover?: PlanMove | null;
}

/** A shard's rows of one batch of an update. */
interface Part extends Stretch {
  /** A number that no other part of the training has: dropout draws masks by it. */
  readonly number: number;
}

/** Below every layer's number. */
const afterAll = -1;

export class Gradient {
  /** ∂L/∂θ of the latest update, but for the elements that have been moved. */
  readonly value: Matrix;
  /** Elements of θ, from the first, that are moved as soon as their gradient is known. */
  readonly moved: number;
  /** Factor on the loss's label smoothing. */
  smoothing = 1;
  /** Parts of each batch. */
  private readonly shards: number;
  /** Shards that this process computes. */
  private readonly own: Node;
  private readonly batchSize: number;
  /** Of a full update. */
  private readonly batchesPerUpdate: number;
  private readonly plan: ShardPlan;
  /** The plan's vectors, each a gradient with running statistics behind it. */
  private readonly vectors: readonly Matrix[];
  private readonly buckets: readonly Bucket[];
  /** By bucket, its stretch of each vector. */
  private readonly stretches: readonly (readonly Matrix[])[];
  /** By bucket, its stretch of the model's gradient and of the mean over batches; null: an update is one batch. */
  private readonly means: readonly { readonly mean: Matrix; readonly ofBatch: Matrix }[] | null;
  private readonly exchange: Exchange | null;
  /**
   * Running statistics before the update, from which every shard sets out, behind its own gradient, and behind the whole
   * update's; null: there are none, or but one shard, which moves the model's own.
   */
  private readonly statistics: { before: Matrix; own: Matrix; whole: Matrix } | null;
  private readonly rowWeights: RowWeights;
  /** Of each shard's rows of the update. */
  private readonly weights: Float64Array;
  /** Buckets that the pass under way has completed. */
  private completed = 0;

  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    private readonly batches: Batches,
    private readonly rule: LossRule,
    private readonly sums: Sums,
    { batchSize, rowsPerUpdate, shards = 1, peers = alone, mover = null }: GradientOptions,
  ) {
    const { outcome, statistics, gradient } = model;
    this.shards = shards;
    this.own = partOf(peers.rank, peers.size, shards);
    this.batchSize = batchSize;
    this.batchesPerUpdate = Math.ceil(Math.min(rowsPerUpdate, batches.rows.count) / batchSize);
    this.plan = planShards(shards, this.own);
    const vector = () => k.sharedMatrix(1, outcome.cols);
    const first = this.batchesPerUpdate > 1 ? vector() : outcome;
    this.vectors = [first, ...Array.from({ length: this.plan.vectors - 1 }, vector)];
    this.buckets = bucketsOf(model, outcome.cols);
    this.stretches = this.buckets.map(({ first, end }) =>
      this.vectors.map((vector) => vector.view(1, end - first, first)),
    );
    this.means =
      first === outcome
        ? null
        : this.buckets.map(({ first: at, end }) => {
            const length = Math.min(end, gradient.cols) - at;
            return { mean: first.view(1, length, at), ofBatch: outcome.view(1, length, at) };
          });
    const wholes = this.plan.wholes.map(({ node, vector }) => ({ node, vector: this.vectors[vector]! }));
    // Where the first shard's is not computed here, it arrives where the whole is wanted: no copy is needed.
    const result = this.own.first === 0 ? wholes[0]!.vector : vector();
    this.exchange =
      peers.size > 1
        ? new Exchange(k, peers, {
            shards,
            wholes,
            into: result,
            theta: model.theta,
            buckets: this.buckets,
            merge: (...nodes) => this.merge(...nodes),
            mover,
          })
        : null;
    this.value = result.view(1, gradient.cols);
    this.moved = this.exchange?.moved ?? 0;
    const behind = (vector: Matrix) => vector.view(1, outcome.cols - gradient.cols, gradient.cols);
    this.statistics =
      statistics && shards > 1
        ? { before: k.matrix(1, statistics.cols), own: behind(first), whole: behind(result) }
        : null;
    this.rowWeights = new RowWeights(batches.rows, rule, shards);
    this.weights = new Float64Array(shards);
  }

  /**
   * The forward and backward passes over the rows of the epoch's order from `first` up to `end`; the loss is added to the
   * sums. Every batch of every update draws dropout masks of its own. Enqueues only, unless others share the work: then
   * the gradient is there when the promise is fulfilled.
   * @param step the update's number, from 0
   * @param backward false: the loss alone
   */
  compute(step: number, first: number, end: number, backward = true): Promise<void> | null {
    const { k, model, own, statistics, rowWeights, exchange } = this;
    if (exchange && !exchange.isOpen)
      return exchange.open().then(async () => {
        await this.compute(step, first, end, backward);
      });
    const parts = Array.from({ length: this.shards }, (_, shard) => this.partsOf(shard, step, first, end));
    for (const [shard, of] of parts.entries())
      this.weights[shard] = of.reduce((sum, part) => sum + rowWeights.of(part), 0);
    if (statistics) k.copy(statistics.before, model.statistics!);
    for (let shard = own.first; shard < own.end; shard++) {
      if (statistics && shard > own.first) k.copy(model.statistics!, statistics.before);
      this.computeShard(shard, parts[shard]!, backward);
    }
    if (!backward) return null;
    if (exchange) return exchange.finish().then(() => this.takeStatistics());
    this.takeStatistics();
    return null;
  }

  /** Whether it is what one backward pass leaves, and nothing else is written to it. */
  get isOfOnePass(): boolean {
    return this.shards === 1 && this.means === null && this.exchange === null;
  }

  private get ruleNow(): LossRule {
    const { rule, smoothing } = this;
    return smoothing === 1 ? rule : { ...rule, parameter: rule.parameter * smoothing };
  }

  /** ‖∂L/∂θ‖₂ of the latest update. Several processes all ask for it. Reads element by element: for once an epoch. */
  async norm(): Promise<number> {
    let squares = 0;
    await this.exchange?.gatherGradient();
    const values = await this.k.read(this.value);
    for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
    return Math.sqrt(squares);
  }

  /** What each process knows of the elements of θ that it moves, in all of them: of a matrix shaped as θ. */
  async gather(M: Matrix): Promise<void> {
    await this.exchange?.gather(M);
  }

  /** The same passes layer by layer: what is first not finite, and from which record. */
  async trace(step: number, first: number, end: number): Promise<Trace | null> {
    const { k, model, batches, sums } = this;
    const shards = Array.from({ length: this.shards }, (_, shard) => shard);
    const parts = shards.flatMap((shard) => this.partsOf(shard, step, first, end));
    for (const { first, size, number } of parts) {
      const { pass, allY, allW } = batches.take(first, size);
      let found = await traceForward(k, model, pass, number);
      if (!found) {
        k.loss(pass.dS, pass.answers, allY, allW, this.rule, sums.of(0));
        pass.backward();
        found = await traceBackward(k, model);
      }
      if (!found) continue;
      const isSure = found.row !== null;
      const row = found.row ?? (await largestRow(k, pass.X));
      return { what: found.what, record: { ...(await this.recordAt(first, row, pass.X)), isSure } };
    }
    return null;
  }

  /** The row with the largest input of an update, by its number in the table. */
  async largest(step: number, first: number, end: number): Promise<Trace["record"]> {
    const { k, batches } = this;
    let found: Trace["record"] | null = null;
    for (const part of this.partsOf(0, step, first, end)) {
      const { pass } = batches.take(part.first, part.size);
      const record = await this.recordAt(part.first, await largestRow(k, pass.X), pass.X);
      if (!found || !(Math.abs(record.value) <= Math.abs(found.value))) found = { ...record, isSure: false };
    }
    return found!;
  }

  private async recordAt(first: number, row: number, X: Matrix) {
    return { row: await this.batches.rows.numberOf(first + row), ...(await suspect(this.k, X, row)) };
  }

  /** Its rows of each batch of the update, but of those in which it has none. */
  private partsOf(shard: number, step: number, first: number, end: number): Part[] {
    const { batchSize, shards } = this;
    const parts: Part[] = [];
    let batch = step * this.batchesPerUpdate;
    for (let at = first; at < end; at += batchSize, batch++) {
      const rows = partOf(shard, shards, Math.min(batchSize, end - at));
      const size = rows.end - rows.first;
      if (size > 0) parts.push({ first: at + rows.first, size, number: batch * shards + shard });
    }
    return parts;
  }

  /** One shard's gradient of the mean loss over its rows, and its loss added to the sums. */
  private computeShard(shard: number, parts: readonly Part[], backward: boolean): void {
    const { k, ruleNow, sums, rowWeights, means } = this;
    this.completed = 0;
    let [weight, share] = [0, 1];
    for (const [i, part] of parts.entries()) {
      const { pass, allY, allW } = this.batches.take(part.first, part.size);
      pass.forward("train", part.number);
      k.loss(pass.dS, pass.answers, allY, allW, ruleNow, sums.of(shard));
      if (!backward) continue;
      const own = rowWeights.of(part);
      weight += own;
      share = weight > 0 ? own / weight : 1;
      if (i < parts.length - 1) {
        pass.backward();
        for (const { mean, ofBatch } of means ?? []) k.lerp(mean, ofBatch, share);
      } else pass.backward((layer, isOver) => this.complete(shard, layer, share, isOver));
    }
    if (backward) this.complete(shard, afterAll, share, true);
  }

  /** The buckets that are complete after a layer's backward pass, with its last batch's share in the mean, go their way. */
  private complete(shard: number, layer: number, share: number, isOver: boolean): void {
    const { k, buckets, means, statistics, model, own, exchange } = this;
    for (; this.completed < buckets.length && buckets[this.completed]!.layer >= layer; this.completed++) {
      const stretches = this.stretches[this.completed]!;
      if (means) {
        const { mean, ofBatch } = means[this.completed]!;
        k.lerp(mean, ofBatch, share);
        if (statistics && this.completed === buckets.length - 1) k.copy(statistics.own, model.statistics!);
      }
      for (const step of this.plan.after[shard - own.first]!) {
        if (step.do === "keep") k.copy(stretches[step.into]!, stretches[0]!);
        else this.merge(stretches[step.into]!, stretches[step.from]!, step.left, step.right);
      }
      if (shard === own.end - 1) exchange?.post();
    }
    if (isOver && shard === own.end - 1) exchange?.release(layer);
    exchange?.advance();
  }

  /** The mean over two nodes' rows, in the place of the first's. */
  private merge(into: Matrix, from: Matrix, left: Node, right: Node): void {
    const { k, weights } = this;
    const [before, added] = [weightOf(left, weights), weightOf(right, weights)];
    if (added > 0) k.lerp(into, from, added / (before + added));
  }

  private takeStatistics(): void {
    const { k, model, statistics } = this;
    if (statistics && statistics.whole.block !== model.outcome.block)
      k.copy(model.statistics!, statistics.whole);
  }
}
