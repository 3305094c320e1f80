/**
 * Answers JSON records of many callers together, as JSON: those that arrive in one turn of the event loop are one batch,
 * and nobody waits for others to come. Batches do not change a bit of an answer.
 */
import type { Line } from "../data/formats/jsonl/jsonlRows.ts";
import type { Written } from "../data/formats/notation.ts";
import type { RowBatch } from "../data/formats/rowBatch.ts";
import { jsonBatch } from "../data/formats/rows.ts";
import { type AnswerOptions, planAnswers } from "../data/prediction/answerPlan.ts";
import { JsonAnswers } from "../data/prediction/jsonAnswers.ts";
import { createEncoder, inputNames, type RecordEncoder } from "../data/prediction/recordEncoder.ts";
import type { Problem } from "../support/errors.ts";
import { largestBatch, type Predictor } from "./predictor.ts";
import { rowsLike } from "./savedModel.ts";

/** Exactly one of the two is called. */
export interface Caller {
  /** An answer for each record: a JSON object and a line feed. */
  answered(answers: readonly Buffer[]): void;
  /** The first bad record, or what else went wrong. */
  failed(reason: Problem | Error): void;
}

interface Asked extends Caller {
  readonly records: readonly Line[];
  readonly answers: Buffer[];
  /** Records that have been in a batch. */
  taken: number;
}

/** What of one caller's is in a batch. */
interface Part {
  readonly asked: Asked;
  readonly records: readonly Line[];
}

export class AnswerQueue {
  /** Records that wait. */
  waiting = 0;
  private readonly queue: Asked[] = [];
  private readonly columns: readonly string[];
  private readonly written: Written;
  private readonly encoder: RecordEncoder;
  private readonly writer: JsonAnswers;
  private readonly inputs: Float32Array;
  private isDue = false;

  /**
   * @param told hears of every batch how many rows it has
   * @throws UserError(usage) for answers that the model does not give
   */
  constructor(
    private readonly predictor: Predictor,
    options: Pick<AnswerOptions, "proba" | "topK">,
    private readonly told: (rows: number) => void,
  ) {
    const { preprocessing } = predictor.saved;
    this.columns = inputNames(preprocessing);
    this.written = rowsLike(predictor.saved);
    this.writer = new JsonAnswers(planAnswers(preprocessing, options));
    this.encoder = createEncoder(preprocessing, jsonBatch([], this.columns, this.written));
    this.inputs = new Float32Array(largestBatch * this.encoder.width);
  }

  ask(records: readonly Line[], caller: Caller): void {
    this.queue.push({ ...caller, records, answers: [], taken: 0 });
    this.waiting += records.length;
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => void this.answerSome());
  }

  private async answerSome(): Promise<void> {
    const parts = this.nextParts();
    let ends: (() => void)[];
    try {
      ends = await this.answer(parts);
    } catch (error) {
      ends = parts.map(
        ({ asked }) =>
          () =>
            asked.failed(error as Error),
      );
    }
    // Of the last part, records may be left for the next batch.
    for (const { asked } of parts.slice(0, ends.length)) this.waiting -= asked.records.length - asked.taken;
    this.queue.splice(0, ends.length);
    for (const end of ends) end();
    this.isDue = this.queue.length > 0;
    if (this.isDue) setImmediate(() => void this.answerSome());
  }

  /** Takes records off the queue, as many as a batch may have. */
  private nextParts(): Part[] {
    const parts: Part[] = [];
    let room = largestBatch;
    for (const asked of this.queue) {
      if (room === 0) break;
      const records = asked.records.slice(asked.taken, asked.taken + room);
      parts.push({ asked, records });
      asked.taken += records.length;
      room -= records.length;
    }
    this.waiting -= largestBatch - room;
    return parts;
  }

  /** Gives how to tell the callers that have all their answers, or a bad record: all, but perhaps the last. */
  private async answer(parts: readonly Part[]): Promise<(() => void)[]> {
    const { encoder, inputs } = this;
    const records = parts.flatMap(({ records }) => records);
    const batch = jsonBatch(records, this.columns, this.written);
    const problems: (Problem | null)[] = [];
    let good = 0;
    for (let row = 0; row < records.length; row++) {
      problems[row] = encoder.encode(batch, row, inputs, good * encoder.width);
      if (problems[row] === null) good++;
    }
    this.told(records.length);
    const known = inputs.subarray(0, good * encoder.width);
    const hand = (S: Float32Array) => this.hand(parts, batch, problems, S);
    return good === 0 ? hand(known) : this.predictor.outputs(good, (X) => X.set(known), hand);
  }

  private hand(
    parts: readonly Part[],
    batch: RowBatch,
    problems: readonly (Problem | null)[],
    S: Float32Array,
  ): (() => void)[] {
    const ends: (() => void)[] = [];
    let row = 0;
    let at = 0;
    for (const { asked, records } of parts) {
      let problem: Problem | null = null;
      for (const end = row + records.length; row < end; row++) {
        problem ??= problems[row]!;
        if (problems[row] !== null) continue;
        if (problem === null) {
          this.writer.answer(batch, row, S, at);
          asked.answers.push(Buffer.from(this.writer.take()));
        }
        at += this.predictor.width;
      }
      const bad = problem;
      if (bad !== null) ends.push(() => asked.failed(bad));
      else if (asked.taken === asked.records.length) ends.push(() => asked.answered(asked.answers));
    }
    return ends;
  }
}
