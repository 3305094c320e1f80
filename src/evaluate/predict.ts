/** `nnt predict`: a saved model's answers for rows as they arrive, or for images, in the same order. */

import { alone, type Peers } from "../cluster/peers.ts";
import { consult } from "../cluster/talk.ts";
import type { InputTable } from "../data/dataset/dataset.ts";
import type { Written } from "../data/formats/notation.ts";
import type { RowBatch } from "../data/formats/rowBatch.ts";
import { withFirst } from "../data/formats/rows.ts";
import { type AnswerWriter, planAnswers } from "../data/prediction/answerPlan.ts";
import { answersAs } from "../data/prediction/answers.ts";
import { createEncoder, inputNames } from "../data/prediction/recordEncoder.ts";
import type { Reach } from "../data/preprocessing/intervals.ts";
import type { KernelsChoice } from "../engine/choose.ts";
import type { Floats } from "../engine/matrix.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import type { RowFormat } from "../support/fileFormats.ts";
import { largestBatch, Predictor } from "./predictor.ts";
import { Relay } from "./relay.ts";
import { rowsLike } from "./savedModel.ts";

export interface PredictOptions extends RowsOptions, KernelsChoice {
  readonly model: string;
  /** An array of them to predict instead of rows. */
  readonly images: string | null;
}

export interface RowsOptions {
  /** The rows, which have at least these columns; not asked for where there are images. */
  readonly rows: (columns: readonly string[], written: Written) => AsyncGenerator<RowBatch>;
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
  const predictor = await Predictor.open(options.model, options);
  try {
    return options.images === null
      ? await predictRows(predictor, options, write)
      : await predictImages(predictor, options, options.images, write);
  } finally {
    await predictor.close();
  }
}

/** Lines of several processes go behind each other; a Parquet file's rows are one process's. Throws UserError(usage). */
function checkCanShare({ to, peers = alone }: RowsOptions): void {
  if (to !== "parquet" || peers.size === 1) return;
  throw new UserError(exitCodes.usage, {
    message: `${peers.size} processes cannot write one Parquet file`,
    expected: "CSV or JSON Lines, or one process",
  });
}

/** Likewise by a model that is open already. @throws UserError: usage, data, io */
export async function predictRows(
  predictor: Predictor,
  options: RowsOptions,
  write: Write,
): Promise<PredictResult> {
  const { preprocessing } = predictor.saved;
  const { onError, peers = alone } = options;
  const reach = await predictor.reach(options.interval);
  const rows = options.rows(inputNames(preprocessing), rowsLike(predictor.saved));
  const { first: start, all } = await withFirst(rows);
  const encoder = createEncoder(preprocessing, start);
  const plan = planAnswers(preprocessing, answerOptions(options, reach, start.header));
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
    const use = (S: Float32Array) => {
      for (let i = 0, at = 0; i < count; i++) {
        const problem = problems[i]!;
        if (problem === null) {
          answers.answer(batch, first + i, S, at);
          at += predictor.width;
        } else if (onError === "record") answers.problem(batch, first + i, problem);
        else if (onError !== "skip") return { failed: count - good, problem };
      }
      return { failed: count - good, problem: null };
    };
    return good > 0 ? predictor.outputs(good, (X) => X.set(known), use) : use(known);
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
  predictor: Predictor,
  options: RowsOptions,
  images: string,
  write: Write,
): Promise<PredictResult> {
  const { peers = alone } = options;
  const { preprocessing } = predictor.saved;
  const { loadArray } = await import("../data/dataset/loadNpy.ts");
  const { table, warnings } = await loadArray(images, preprocessing);
  const reach = await predictor.reach(options.interval);
  const plan = planAnswers(preprocessing, answerOptions(options, reach, []));
  const answers = await answersAs(options.to, plan);
  const answer = (first: number, count: number) =>
    predictor.outputs(
      count,
      (X) => copyRows(table, first, count, X),
      (S) => {
        for (let i = 0; i < count; i++) answers.answer(null, first + i, S, i * predictor.width);
        return { failed: 0, problem: null };
      },
    );
  const whole = { count: table.rows };
  const { rows } = await answerAll([whole], (_, ...rows) => answer(...rows), answers, { peers, write });
  return { rows, failed: 0, warnings };
}

function copyRows(table: InputTable, first: number, count: number, X: Floats): void {
  const chosen = table.values.subarray(first * table.cols, (first + count) * table.cols);
  if (!("scale" in table)) X.set(chosen);
  else for (let i = 0; i < chosen.length; i++) X[i] = chosen[i]! * table.scale + table.shift;
}

function answerOptions(options: RowsOptions, reach: Reach | null, header: readonly string[]) {
  const { proba, topK, keep, onError } = options;
  return { proba, topK: topK ?? 0, keep: keep ?? "", header, reach, recordsErrors: onError === "record" };
}
