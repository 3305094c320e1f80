/** How good a model is on some rows: loss and metrics, batch by batch. */
import type { Preprocessing, Scaling } from "../data/preprocessing.ts";
import type { Kernels, LossRule } from "../engine/kernels.ts";
import { type Floats, type Indices, type Matrix, totalCells } from "../engine/matrix.ts";
import { type Evaluation, evaluation, type MetricName } from "../metrics/metrics.ts";
import { applyLink } from "../model/losses.ts";
import type { Model, Pass } from "../model/model.ts";
import { valuesOf } from "../model/tensors.ts";
import type { Figures } from "./events.ts";
import type { Rows } from "./trainer.ts";

/** Rows evaluated at a time: enough for full speed, little enough to stay in cache. */
const evaluationBatch = 512;

/** Measures one model on one set of rows, as often as asked; memory is planned once. */
export class Measure {
  private readonly order: Indices;
  private readonly totals;
  private readonly batches: { first: number; pass: Pass; Y: Matrix; W: Matrix | null }[] = [];

  constructor(
    private readonly k: Kernels,
    model: Model,
    private readonly rows: Rows,
    private readonly rule: LossRule,
    private readonly target: Preprocessing["target"],
  ) {
    const count = rows.indices.length;
    this.order = k.backend.ints(count);
    this.order.values.set(rows.indices);
    this.totals = k.backend.doubles(totalCells.count);
    const size = Math.min(evaluationBatch, count);
    const Y = k.matrix(size, rows.targets.cols);
    const W = rows.weights && k.matrix(size, 1);
    for (let first = 0; first < count; first += size) {
      const n = Math.min(size, count - first);
      const pass = model.plan(n);
      this.batches.push({ first, pass, Y: Y.view(n, Y.cols), W: W?.view(n, 1) ?? null });
    }
  }

  /** Loss (mean over rows, in the units trained on) and the named metrics (in the data's own units). */
  async figures(names: readonly MetricName[]): Promise<Figures> {
    const { loss, evaluation } = await this.run(names);
    return { loss, ...evaluation.result() };
  }

  async run(names: readonly MetricName[]): Promise<{ loss: number; evaluation: Evaluation }> {
    const { k, rows, order, totals, target } = this;
    const running = evaluation(names, target.task, widthOf(target));
    totals.values.fill(0);
    for (const { first, pass, Y, W } of this.batches) {
      k.gather(pass.X, rows.table, order, first);
      k.gather(Y, rows.targets, order, first);
      if (W) k.gather(W, rows.weights!, order, first);
      pass.forward("evaluate");
      k.loss(null, pass.S, Y, W, this.rule, totals);
      await k.sync();
      const predictions = valuesOf(pass.S).slice();
      applyLink(this.rule.name, predictions, pass.S.cols);
      running.add(...inOwnUnits(predictions, valuesOf(Y), target));
    }
    const loss = totals.values[totalCells.loss]! / totals.values[totalCells.weight]!;
    return { loss, evaluation: running };
  }
}

/** Classes (also when one output tells two apart), labels or numbers. */
function widthOf(target: Preprocessing["target"]): number {
  if (target.task === "classification") return target.classes.length;
  return target.task === "multilabel" ? target.names.length : target.columns.length;
}

/** Predictions and targets of a regression, scaled back. */
function inOwnUnits(predictions: Floats, targets: Floats, target: Preprocessing["target"]): [Floats, Floats] {
  if (target.task !== "regression") return [predictions, targets];
  const scalings = target.columns.map((column) => column.scaling);
  return [unscale(predictions, scalings), unscale(targets, scalings)];
}

function unscale(values: Floats, scalings: readonly Scaling[]): Float64Array {
  return Float64Array.from(values, (value, i) => {
    const { center, scale } = scalings[i % scalings.length]!;
    return value * scale + center;
  });
}
