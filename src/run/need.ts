/** What a training needs of a backend, estimated before anything is allocated: memory and work. */
import { type AnySplit, type Dataset, isStreamed, rowCount, type Split } from "../data/dataset/dataset.ts";
import type { Backend } from "../engine/backend.ts";
import { describeModel, type ModelDescription } from "../model/describe.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { slotCount } from "../train/optimizers.ts";
import type { Network } from "../train/resolveNetwork.ts";
import { runLength } from "../train/runLength.ts";

export interface Need {
  readonly bytes: number;
  readonly multiplyAdds: number;
}

const bytesPerFloat = 4;

/** Of a row in forward and backward pass: every weight is multiplied once there and twice back. */
const productsPerWeight = 3;

export function needOf({ spec, inputs, outputs }: Network, data: Dataset<AnySplit>): Need {
  const description = describeModel(spec.model.layers, inputs, outputs);
  const rows = rowCount(data.splits.train);
  const { totalSteps, stepsPerEpoch } = runLength(spec, rows);
  const { optimizer, train } = spec;
  const vectors = 2 + slotCount(optimizer) + (train.ema === null ? 0 : 1);
  return {
    bytes:
      dataBytes(data) +
      bytesPerFloat * vectors * description.parameterCount +
      activationBytes(description, Math.min(train.batch_size, rows)),
    multiplyAdds: productsPerWeight * description.parameterCount * rows * (totalSteps / stepsPerEpoch),
  };
}

/** Tables, targets and weights, each counted once, as splits may share them; for rows on disk, the buffer. */
export function dataBytes({ splits }: Dataset<AnySplit>): number {
  const present = Object.values(splits).filter((split) => split !== null);
  const { train } = splits;
  if (isStreamed(train))
    return Math.min(train.bufferBytes, bytesPerFloat * train.count * (train.width + train.targetWidth));
  const arrays = present
    .filter((split): split is Split => !isStreamed(split))
    .flatMap(({ table, targets, weights }) => [table.values, targets, weights]);
  return [...new Set(arrays)].reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
}

/** Of one batch, with their gradients. */
export function activationBytes({ inputWidth, layers }: ModelDescription, rows: number): number {
  const widths = layers.reduce((sum, { outputWidth }) => sum + outputWidth, 0);
  return bytesPerFloat * rows * (inputWidth + 2 * widths);
}

/** @throws UserError (exit code 5) if a card has too little memory, before any of it is taken */
export function checkRoom({ bytes }: Need, { card }: Backend): void {
  if (!card || bytes <= card.freeBytes) return;
  const megabytes = (count: number) => `${Math.ceil(count / 2 ** 20)} MB`;
  throw new UserError(exitCodes.io, {
    message: `training needs about ${megabytes(bytes)} of memory on the graphics card, and ${megabytes(card.freeBytes)} of ${card.name}'s are free`,
    hint: "data.stream keeps the rows out of it, a smaller batch needs less, --kernels native needs none",
  });
}
