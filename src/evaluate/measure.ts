/** Evaluates a model on some rows: loss and metrics, batch by batch. */
import { alone, channels, type Peers } from "../cluster/peers.ts";
import { fromFirst } from "../cluster/talk.ts";
import { sortQuantiles } from "../data/preprocessing/decode.ts";
import { blocksOf, type Preprocessing, type Scaling } from "../data/preprocessing/preprocessing.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { LossRule } from "../engine/losses.ts";
import { type Floats, totalCells } from "../engine/matrix.ts";
import { type Evaluation, evaluation } from "../metrics/evaluation.ts";
import type { MetricName } from "../metrics/metrics.ts";
import { applyLink } from "../model/losses.ts";
import type { Model } from "../model/model.ts";
import type { Answers } from "../tasks/task.ts";
import { answersOf } from "../tasks/tasks.ts";
import { Batches, evaluationBatch, type Rows } from "../train/batches.ts";
import type { Figures } from "../train/events.ts";
import type { Watcher } from "./watchers.ts";

/** What else is wanted of a run over the rows. */
export interface MeasureOptions {
  /** Also shown every batch, in order. */
  readonly watch?: readonly Watcher[];
  /** Whether intervals of the metrics will be asked for. */
  readonly hasIntervals?: boolean;
  /** Who shares the work; the first alone then has an evaluation of all rows. */
  readonly peers?: Peers;
}

/** Evaluates one model on one set of rows, any number of times; memory is planned once. */
export class Measure {
  private readonly totals;
  private readonly batches: Batches;
  /** For each batch size, memory for predictions and targets in the data's own units. */
  private readonly read = new Map<number, { predictions: Float64Array; targets: Float64Array }>();

  constructor(
    private readonly k: Kernels,
    model: Model,
    private readonly rows: Rows,
    private readonly rule: LossRule,
    private readonly target: Preprocessing["target"],
    private readonly calibration: Preprocessing["calibration"] | null = null,
  ) {
    this.totals = k.backend.doubles(totalCells.count);
    this.batches = new Batches(k, model, rows, evaluationBatch);
  }

  /** Loss (mean over rows, in the units trained on) and the named metrics (in the data's own units), in all processes. */
  async figures(names: readonly MetricName[], peers: Peers = alone): Promise<Figures> {
    const { loss, evaluation } = await this.run(names, { peers });
    return fromFirst(peers, () => ({ loss, ...evaluation.result() }));
  }

  async run(
    names: readonly MetricName[],
    { watch = [], hasIntervals = false, peers = alone }: MeasureOptions = {},
  ): Promise<{ loss: number; evaluation: Evaluation }> {
    const { k, rows, totals, target, rule, calibration } = this;
    const blocks = blocksOf({ target });
    const answers = answersOf(target);
    const running = evaluation(names, answers.kind, widthsOf(answers), {
      hasIntervals,
      thresholds: calibration?.thresholds ?? null,
      quantiles: answers.quantiles,
      targets: answers.names,
    });
    k.write(totals, (sums) => sums.fill(0));
    for (let first = 0; first < rows.count; first += evaluationBatch) {
      const owner = (first / evaluationBatch) % peers.size;
      if (peers.rank > 0 && owner !== peers.rank) continue;
      const size = Math.min(evaluationBatch, rows.count - first);
      if (rows.find(first) === null) rows.load(first);
      const { pass, Y, W } = this.batches.take(first, size);
      if (owner === peers.rank) pass.forward("evaluate");
      if (peers.rank > 0) {
        await peers.settle(peers.send(0, channels.parts, await k.read(pass.S)));
        continue;
      }
      if (owner > 0) {
        const given = (await k.read(pass.S)).slice();
        await peers.settle(peers.receive(owner, channels.parts, given));
        k.write(pass.S, (S) => S.set(given));
      }
      k.loss(null, pass.S, Y, W, rule, totals);
      const [S, wanted] = [await k.read(pass.S), await k.read(Y)];
      const { predictions, targets } = this.readFor(size, pass.S.cols);
      targets.set(wanted);
      if (answers.quantiles) sortQuantiles(predictions, S, answers.scalings!, answers.quantiles.length);
      else if (answers.link === "gaussian") setMeans(predictions, S, Y.cols);
      else {
        predictions.set(S);
        const temperature = calibration?.temperature ?? 1;
        if (temperature !== 1) for (let i = 0; i < predictions.length; i++) predictions[i]! /= temperature;
        applyLink(rule.name, predictions, pass.S.cols, blocks);
      }
      if (answers.scalings) {
        if (!answers.quantiles) unscale(predictions, answers.scalings);
        unscale(targets, answers.scalings);
      }
      running.add(predictions, targets);
      for (const watcher of watch) watcher.see(predictions, targets, first, S);
    }
    const sums = await k.read(totals);
    const loss = sums[totalCells.loss]! / sums[totalCells.weight]!;
    return { loss, evaluation: running };
  }

  private readFor(size: number, outputs: number) {
    let planned = this.read.get(size);
    if (!planned) {
      const targets = new Float64Array(size * this.rows.targets.cols);
      const cells = answersOf(this.target).link === "gaussian" ? targets.length : size * outputs;
      planned = { predictions: new Float64Array(cells), targets };
      this.read.set(size, planned);
    }
    return planned;
  }
}

/** Classes (also when one output tells two apart; those of each target of several), labels or numbers. */
export function widthsOf({ classes, names }: Answers): readonly number[] {
  return classes?.map(({ length }) => length) ?? [names.length];
}

/** Of rows that hold n means and n more numbers, the means. */
function setMeans(means: Floats, S: Floats, n: number): void {
  for (let i = 0; i < means.length; i++) means[i] = S[i + n * Math.floor(i / n)]!;
}

/** Numbers of a regression in the data's own units, in place. */
function unscale(values: Floats, scalings: readonly Scaling[]): void {
  for (let i = 0; i < values.length; i++) {
    const { center, scale } = scalings[i % scalings.length]!;
    values[i] = values[i]! * scale + center;
  }
}
