/** `nnt predict`: a saved model's answers for rows as they arrive, or for images, in the same order. */

import type { InputTable } from "../data/dataset/dataset.ts";
import type { RowBatch } from "../data/formats/rowBatch.ts";
import { withFirst } from "../data/formats/rows.ts";
import { type AnswerFormat, createAnswers } from "../data/prediction/answers.ts";
import { createEncoder, inputNames } from "../data/prediction/recordEncoder.ts";
import { reachOf } from "../data/preprocessing/calibration.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import type { Floats } from "../engine/matrix.ts";
import type { Pass } from "../model/model.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import { conformalFor } from "./conformal.ts";
import { readModel, restoreModel, type SavedModel } from "./savedModel.ts";

export interface PredictOptions extends KernelsChoice {
  readonly model: string;
  /** The rows, which have at least these columns; not asked for where there are images. */
  readonly rows: (columns: readonly string[]) => AsyncGenerator<RowBatch>;
  readonly images: string | null;
  readonly to: AnswerFormat;
  readonly proba: boolean;
  readonly topK: number | null;
  /** Also give the interval or set that holds the truth with this probability. */
  readonly interval?: number | null;
  readonly keep: readonly string[] | "all" | null;
  readonly onError: "fail" | "skip" | "record" | null;
}

export interface PredictResult {
  /** Rows read, including bad ones. */
  readonly rows: number;
  readonly failed: number;
  readonly warnings: readonly string[];
}

type Write = (chunk: Uint8Array) => Promise<void>;

/**
 * Writes answers as soon as the bytes of their rows are there.
 * @throws UserError: usage, data (a bad row, unless `onError` says otherwise), model, io
 */
export async function predict(options: PredictOptions, write: Write): Promise<PredictResult> {
  const saved = readModel(options.model);
  const { backend } = await openKernels(options);
  try {
    const k = new Kernels(backend);
    const network = new Forward(k, saved);
    const reach = options.interval ? reachOf(await conformalFor(k, saved), options.interval) : null;
    return options.images === null
      ? await predictRecords({ ...options, reach }, saved, network, write)
      : await predictImages({ ...options, reach }, options.images, saved, network, write);
  } finally {
    await backend.close();
  }
}

interface Reaching extends PredictOptions {
  readonly reach: readonly number[] | null;
}

/** Rows that are predicted together; larger batches are no faster. */
const largestBatch = 1024;

/** The network's outputs for up to {@link largestBatch} rows. */
class Forward {
  readonly width: number;
  private readonly plan: (rows: number) => Pass;

  constructor(
    private readonly k: Kernels,
    saved: SavedModel,
  ) {
    const model = restoreModel(k, saved);
    this.plan = (rows) => model.plan(rows);
    this.width = model.description.outputWidth;
  }

  /** Outputs of the first n rows, n > 0, which `fill` writes. Valid until the next call. */
  async outputs(n: number, fill: (X: Floats) => void): Promise<Float32Array> {
    // A power of two, so that few sizes are ever planned; rows past n are computed and ignored.
    const pass = this.plan(2 ** Math.ceil(Math.log2(n)));
    this.k.write(pass.X, fill);
    pass.forward("evaluate");
    return (await this.k.read(pass.S)) as Float32Array;
  }
}

async function predictRecords(
  options: Reaching,
  { preprocessing }: SavedModel,
  network: Forward,
  write: Write,
): Promise<PredictResult> {
  const { onError } = options;
  const { first: start, all } = await withFirst(options.rows(inputNames(preprocessing)));
  const encoder = createEncoder(preprocessing, start);
  const answers = createAnswers(preprocessing, answerOptions(options, start.header));
  const inputs = new Float32Array(largestBatch * encoder.width);
  const problems = new Array<Problem | null>(largestBatch);
  let rows = 0;
  let failed = 0;
  for await (const batch of all) {
    for (let first = 0; first < batch.count; first += largestBatch) {
      const count = Math.min(batch.count - first, largestBatch);
      let good = 0;
      for (let i = 0; i < count; i++) {
        problems[i] = encoder.encode(batch, first + i, inputs, good * encoder.width);
        if (problems[i] === null) good++;
      }
      const known = inputs.subarray(0, good * encoder.width);
      const S = good > 0 ? await network.outputs(good, (X) => X.set(known)) : known;
      for (let i = 0, at = 0; i < count; i++) {
        const problem = problems[i]!;
        if (problem === null) {
          answers.answer(batch, first + i, S, at);
          at += network.width;
        } else if (onError === "record") answers.problem(batch, first + i, problem);
        else if (onError !== "skip") {
          await write(answers.take());
          throw new UserError(exitCodes.data, problem);
        }
      }
      rows += count;
      failed += count - good;
    }
    await write(answers.take());
  }
  await write(answers.take());
  return { rows, failed, warnings: encoder.warnings() };
}

async function predictImages(
  options: Reaching,
  images: string,
  { preprocessing }: SavedModel,
  network: Forward,
  write: Write,
): Promise<PredictResult> {
  const { loadArray } = await import("../data/dataset/loadNpy.ts");
  const { table, warnings } = await loadArray(images, preprocessing);
  const answers = createAnswers(preprocessing, answerOptions(options, []));
  for (let first = 0; first < table.rows; first += largestBatch) {
    const count = Math.min(table.rows - first, largestBatch);
    const S = await network.outputs(count, (X) => copyRows(table, first, count, X));
    for (let i = 0; i < count; i++) answers.answer(null, first + i, S, i * network.width);
    await write(answers.take());
  }
  return { rows: table.rows, failed: 0, warnings };
}

function copyRows(table: InputTable, first: number, count: number, X: Floats): void {
  const chosen = table.values.subarray(first * table.cols, (first + count) * table.cols);
  if (!("scale" in table)) X.set(chosen);
  else for (let i = 0; i < chosen.length; i++) X[i] = chosen[i]! * table.scale + table.shift;
}

function answerOptions({ to, proba, topK, keep, onError, reach }: Reaching, header: readonly string[]) {
  const recordsErrors = onError === "record";
  return { format: to, proba, topK: topK ?? 0, keep: keep ?? [], header, reach, recordsErrors };
}
