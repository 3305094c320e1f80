/** Whole training steps on random bytes, made by the trainer's own parts: gather, forward, loss, backward, optimizer. */

import { parseSpec } from "../config/load.ts";
import type { Backend } from "../engine/backend.ts";
import { Kernels } from "../engine/kernels.ts";
import { totalCells } from "../engine/matrix.ts";
import { lossRule } from "../model/losses.ts";
import { buildModel } from "../model/model.ts";
import { randomBits, streamKey } from "../support/random.ts";
import { Batches } from "../train/batches.ts";
import { ResidentRows } from "../train/residentRows.ts";
import { Sums } from "../train/sums.ts";
import { Updates } from "../train/updates.ts";

export interface StepShape {
  /** Inputs, hidden widths, classes. */
  readonly widths: readonly number[];
  readonly optimizer: "sgd" | "adam";
  readonly batchSize: number;
  /** Networks in one, each of which computes all rows, as TabM's do. */
  readonly members?: number;
}

/** Rows of the data set that batches are gathered from. */
const rowCount = 6000;

/** From a step that is over in microseconds, of which nothing is worth sharing, to one that is nearly all products. */
export const stepShapes: readonly StepShape[] = [
  { widths: [784, 10], optimizer: "sgd", batchSize: 32 },
  { widths: [784, 128, 10], optimizer: "adam", batchSize: 32 },
  { widths: [784, 512, 512, 10], optimizer: "adam", batchSize: 128 },
  { widths: [784, 2048, 2048, 10], optimizer: "adam", batchSize: 512 },
];

export const stepName = ({ widths, optimizer, batchSize }: StepShape) =>
  `${widths.join("-")} ${optimizer} B${batchSize}`;

/** Multiplications and additions of one step: forward, dW, and dX but for the first layer. */
export function stepOperations({ widths, batchSize }: StepShape): number {
  let products = 0;
  for (let i = 1; i < widths.length; i++) products += widths[i - 1]! * widths[i]! * (i === 1 ? 2 : 3);
  return 2 * batchSize * products;
}

export interface Stepper {
  /** Makes so many updates and returns the mean loss over them. */
  run(steps: number): Promise<number>;
}

export function stepperOn(backend: Backend, shape: StepShape): Stepper {
  const { widths, optimizer, batchSize } = shape;
  const k = new Kernels(backend);
  const spec = specOf(shape);
  const classes = widths.at(-1)!;
  const model = buildModel(k, spec.model.layers, {
    inputWidth: widths[0]!,
    outputWidth: classes,
    seed: 0,
    init: spec.init,
  });
  const key = streamKey(0, "shuffle");
  const block = backend.bytes(rowCount * widths[0]!);
  const bytes = block.host;
  for (let i = 0; i < bytes.length; i++) bytes[i] = randomBits(key, i);
  const targets = k.matrix(rowCount, 1);
  const labels = targets.host;
  for (let i = 0; i < labels.length; i++) labels[i] = randomBits(key, bytes.length + i) % classes;
  const table = { block, rows: rowCount, cols: widths[0]!, scale: 1 / 128, shift: -1 };
  const indices = Int32Array.from({ length: rowCount }, (_, i) => (i * 2903) % rowCount);
  const data = new ResidentRows(k, { table, targets, weights: null, indices });
  const batches = new Batches(k, model, data, batchSize);
  const sums = new Sums(k);
  const updates = new Updates(
    k,
    model,
    batches,
    lossRule(k, { name: "cross_entropy", label_smoothing: 0, class_weights: null }, classes, null),
    spec,
    sums,
  );
  let step = 0;
  return {
    async run(steps) {
      const totals = sums.of(0);
      k.write(totals, (cells) => cells.fill(0));
      for (let i = 0; i < steps; i++, step++) {
        const first = (step * batchSize) % (rowCount - batchSize);
        updates.make(step, first, first + batchSize, optimizer === "sgd" ? 0.01 : 0.001);
      }
      const cells = await k.read(totals);
      return cells[totalCells.loss]! / cells[totalCells.weight]!;
    },
  };
}

function specOf({ widths, optimizer, batchSize, members }: StepShape) {
  const layers = widths
    .slice(1)
    .flatMap((width, i) => (i ? ["relu", { linear: width }] : [{ linear: width }]));
  const text = JSON.stringify({
    data: { format: "idx", train: { images: "x", labels: "y" } },
    model: { layers: members ? [{ ensemble: layers, members, rows: "all" }] : layers },
    optimizer: { name: optimizer },
    train: { epochs: 1, batch_size: batchSize },
  });
  return parseSpec(text, "bench.json").spec;
}
