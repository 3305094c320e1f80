/** `nnt predict`: a saved model's answers for rows as they arrive, or for images, in the same order. */

import { alone, type Peers } from "../cluster/peers.ts";
import { consult } from "../cluster/talk.ts";
import type { InputTable } from "../data/dataset/dataset.ts";
import type { RowBatch } from "../data/formats/rowBatch.ts";
import { withFirst } from "../data/formats/rows.ts";
import { type AnswerWriter, planAnswers } from "../data/prediction/answerPlan.ts";
import { answersAs } from "../data/prediction/answers.ts";
import { createEncoder, inputNames } from "../data/prediction/recordEncoder.ts";
import { reachOf } from "../data/preprocessing/calibration.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import type { Floats } from "../engine/matrix.ts";
import type { Pass } from "../model/model.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import type { RowFormat } from "../support/fileFormats.ts";
import { conformalFor } from "./conformal.ts";
import { Relay } from "./relay.ts";
import { readModel, restoreModel, type SavedModel } from "./savedModel.ts";

export interface PredictOptions extends KernelsChoice {
  readonly model: string;
  /** The rows, which have at least these columns; not asked for where there are images. */
  readonly rows: (columns: readonly string[]) => AsyncGenerator<RowBatch>;
  readonly images: string | null;
  readonly to: RowFormat;
  readonly proba: boolean;
  readonly topK: number | null;
  /** Also give the interval or set that holds the truth with this probability. */
  readonly interval?: number | null;
  /** `all`, or names as `namesIn` takes them apart. */
  readonly keep: string | null;
  readonly onError: "fail" | "skip" | "record" | null;
  /** Who shares the work: all are given the same rows, and the first alone writes. Absent: this process alone. */
  readonly peers?: Peers;
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
  checkCanShare(options);
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

/** Lines of several processes go behind each other; a Parquet file's rows are one process's. Throws UserError(usage). */
function checkCanShare({ to, peers = alone }: PredictOptions): void {
  if (to !== "parquet" || peers.size === 1) return;
  throw new UserError(exitCodes.usage, {
    message: `${peers.size} processes cannot write one Parquet file`,
    expected: "CSV or JSON Lines, or one process",
  });
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
  const { onError, peers = alone } = options;
  const { first: start, all } = await withFirst(options.rows(inputNames(preprocessing)));
  const encoder = createEncoder(preprocessing, start);
  const plan = planAnswers(preprocessing, answerOptions(options, start.header));
  const answers = await answersAs(options.to, plan);
  const inputs = new Float32Array(largestBatch * encoder.width);
  const problems = new Array<Problem | null>(largestBatch);

  /** Answers rows of a batch. */
  const answer: Answering<RowBatch> = async (batch, first, count) => {
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
      else if (onError !== "skip") return { failed: count - good, problem };
    }
    return { failed: count - good, problem: null };
  };

  const done = await answerAll(all, answer, answers, { peers, write });
  const counts = await consult(peers, encoder.counts, (all) => all);
  encoder.add(counts.slice(1));
  return { ...done, warnings: [...plan.warnings, ...encoder.warnings()] };
}

/** Rows of a batch are answered, up to a bad one that ends it. */
type Answering<Batch> = (
  batch: Batch,
  first: number,
  count: number,
) => Promise<{ failed: number; problem: Problem | null }>;

interface Shared {
  readonly peers: Peers;
  readonly write: Write;
}

/** Answers to all rows, in their order, by all processes in turn. Throws UserError(data) for a bad row that ends it. */
async function answerAll<Batch extends { readonly count: number }>(
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  answer: Answering<Batch>,
  answers: Pick<AnswerWriter, "take" | "end">,
  { peers, write }: Shared,
): Promise<{ rows: number; failed: number }> {
  const relay = new Relay(peers, largestBatch);
  const isFirst = peers.rank === 0;
  let [rows, failed, failedOfBlock] = [0, 0, 0];
  let hasEnded = false; // others than the first go on taking rows, so that it can pass them on
  if (!isFirst) answers.take(); // the header is the first process's
  /** The block that ends before `rows` is complete. */
  const endBlock = async (problem: Problem | null) => {
    const isOwn = relay.isOwn(rows - 1);
    if (isFirst) await write(answers.take());
    else if (isOwn) await relay.tell({ text: answers.take(), failed: failedOfBlock, problem });
    const share =
      isFirst && !isOwn ? await relay.hear(rows - 1) : { text: null, failed: failedOfBlock, problem };
    if (share.text) await write(share.text);
    failed += share.failed;
    failedOfBlock = 0;
    if (share.problem && isFirst) throw new UserError(exitCodes.data, share.problem);
    hasEnded = share.problem !== null;
  };
  for await (const batch of batches) {
    for (let first = 0; first < batch.count; ) {
      const count = Math.min(batch.count - first, relay.rowsLeft(rows));
      const did =
        relay.isOwn(rows) && !hasEnded ? await answer(batch, first, count) : { failed: 0, problem: null };
      rows += count;
      first += count;
      failedOfBlock += did.failed;
      if (!hasEnded && (did.problem || rows % largestBatch === 0)) await endBlock(did.problem);
    }
    if (isFirst) await write(answers.take());
  }
  if (!hasEnded && rows % largestBatch > 0) await endBlock(null);
  await relay.settle();
  if (isFirst) {
    answers.end();
    await write(answers.take());
  }
  return { rows, failed };
}

async function predictImages(
  options: Reaching,
  images: string,
  { preprocessing }: SavedModel,
  network: Forward,
  write: Write,
): Promise<PredictResult> {
  const { peers = alone } = options;
  const { loadArray } = await import("../data/dataset/loadNpy.ts");
  const { table, warnings } = await loadArray(images, preprocessing);
  const answers = await answersAs(options.to, planAnswers(preprocessing, answerOptions(options, [])));
  const answer = async (first: number, count: number) => {
    const S = await network.outputs(count, (X) => copyRows(table, first, count, X));
    for (let i = 0; i < count; i++) answers.answer(null, first + i, S, i * network.width);
    return { failed: 0, problem: null };
  };
  const whole = { count: table.rows };
  const { rows } = await answerAll([whole], (_, ...rows) => answer(...rows), answers, { peers, write });
  return { rows, failed: 0, warnings };
}

function copyRows(table: InputTable, first: number, count: number, X: Floats): void {
  const chosen = table.values.subarray(first * table.cols, (first + count) * table.cols);
  if (!("scale" in table)) X.set(chosen);
  else for (let i = 0; i < chosen.length; i++) X[i] = chosen[i]! * table.scale + table.shift;
}

function answerOptions({ proba, topK, keep, onError, reach }: Reaching, header: readonly string[]) {
  const recordsErrors = onError === "record";
  return { proba, topK: topK ?? 0, keep: keep ?? "", header, reach, recordsErrors };
}
