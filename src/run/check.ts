/** `nnt check`: everything that training does before its first step, and an estimate of the size of the rest. */
import { rowCount } from "../data/dataset/dataset.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { ColumnProfile } from "../data/table/profile.ts";
import type { ModelDescription } from "../model/describe.ts";
import type { StartEvent } from "../train/events.ts";
import { type Assembly, type AssemblyOptions, assemble } from "./assembly.ts";
import { activationBytes, dataBytes } from "./need.ts";

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

function parameterBytes({ model, trainer }: Assembly): number {
  return bytesPerFloat * (model.theta.cols + model.gradient.cols + trainer.optimizerSize);
}
