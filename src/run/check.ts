/** `nnt check`: everything that training does before its first step, and an estimate of the size of the rest. */
import { type AnySplit, type Dataset, isStreamed, rowCount, type Split } from "../data/dataset/dataset.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { ColumnProfile } from "../data/table/profile.ts";
import type { ModelDescription } from "../model/describe.ts";
import type { StartEvent } from "../train/events.ts";
import { type Assembly, type AssemblyOptions, assemble } from "./assembly.ts";

export interface CheckResult {
  readonly start: StartEvent;
  readonly preprocessing: Preprocessing;
  readonly model: ModelDescription;
  readonly loss: string;
  readonly batchSize: number;
  readonly updates: number;
  /** Estimated bytes that the backend allocates for training; Node.js itself is not counted. */
  readonly memory: {
    readonly data: number;
    /** With their gradients and the optimizer's state. */
    readonly parameters: number;
    /** Of one batch, with their gradients. */
    readonly activations: number;
  };
  readonly warnings: readonly string[];
  /** null: the data has no columns. */
  readonly profile: readonly ColumnProfile[] | null;
}

/** @throws UserError: usage, data, io, model */
export async function check(
  spec: AssemblyOptions["spec"],
  version: string,
  { strict = false } = {},
): Promise<CheckResult> {
  const warnings: string[] = [];
  const load = { strict, profile: true };
  const work = await assemble({ spec, version, kernels: "auto", threads: null, load }, (event) => {
    if (event.event === "warning") warnings.push(event.message);
  });
  try {
    const { model, network, preprocessing, trainer } = work;
    const { train, loss } = network.spec;
    const start = work.startEvent();
    const batchSize = Math.min(train.batch_size, rowCount(work.data.splits.train));
    return {
      start,
      preprocessing,
      model: model.description,
      loss: loss.name,
      batchSize,
      updates: trainer.length.totalSteps,
      memory: {
        data: dataBytes(work.data),
        parameters: parameterBytes(work),
        activations: activationBytes(model.description, batchSize),
      },
      warnings,
      profile: work.data.profile ?? null,
    };
  } finally {
    await work.close();
  }
}

const bytesPerFloat = 4;

/** Tables, targets and weights, each counted once, as splits may share them; for rows on disk, the buffer. */
function dataBytes({ splits }: Dataset<AnySplit>): number {
  const present = Object.values(splits).filter((split) => split !== null);
  const { train } = splits;
  if (isStreamed(train))
    return Math.min(train.bufferBytes, bytesPerFloat * train.count * (train.width + train.targetWidth));
  const arrays = present
    .filter((split): split is Split => !isStreamed(split))
    .flatMap(({ table, targets, weights }) => [table.values, targets, weights]);
  return [...new Set(arrays)].reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
}

function parameterBytes({ model, trainer }: Assembly): number {
  return bytesPerFloat * (model.theta.cols + model.gradient.cols + trainer.optimizerSize);
}

function activationBytes({ inputWidth, layers }: ModelDescription, rows: number): number {
  const widths = layers.reduce((sum, { outputWidth }) => sum + outputWidth, 0);
  return bytesPerFloat * rows * (inputWidth + 2 * widths);
}
