/** Answers as lines of CSV, or of TSV: a header, then a line for each record. */
import { type Problem, sentence } from "../../support/errors.ts";
import { ByteWriter } from "../formats/byteWriter.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { endsOf } from "../preprocessing/intervals.ts";
import { classLists } from "../preprocessing/preprocessing.ts";
import { type AnswerPlan, type AnswerWriter, answerNamesOf, classesWithin, ranked } from "./answerPlan.ts";

export class CsvAnswers implements AnswerWriter {
  private readonly out: ByteWriter;
  /** The classes of every target as fields, quoted where they must be. */
  private readonly classes: readonly (readonly Buffer[])[] | null;
  private readonly separator: number;
  private readonly columns: number;

  /** @param delimiter one character, of one byte */
  constructor(
    private readonly plan: AnswerPlan,
    delimiter: string,
  ) {
    this.out = new ByteWriter(delimiter);
    this.separator = delimiter.charCodeAt(0);
    const field = (text: string) => {
      this.out.csvField(text);
      return Buffer.from(this.out.take());
    };
    this.classes = classLists(plan.preprocessing)?.map((classes) => classes.map(field)) ?? null;
    const own = answerNamesOf(plan);
    this.columns = own.length;
    for (const [index, { name }] of [...plan.kept, ...own].entries()) {
      if (index > 0) this.out.byte(this.separator);
      this.out.csvField(name);
    }
    this.out.byte(newline);
  }

  answer(batch: RowBatch | null, record: number, outputs: Float32Array, at: number): void {
    const { decoder, proba, topK, recordsErrors } = this.plan;
    const { out, classes, separator } = this;
    decoder.decode(outputs, at);
    if (batch) this.keep(batch, record);
    for (let j = 0; j < decoder.predictions.length; j++) {
      if (j > 0) out.byte(separator);
      const prediction = decoder.predictions[j]!;
      if (classes) this.classField(classes[j]!, prediction);
      else out.number(prediction, decoder.steps[j]!);
    }
    for (const deviation of decoder.deviations ?? []) {
      out.byte(separator);
      out.float32(Math.fround(deviation));
    }
    for (const [i, quantile] of decoder.quantiles?.entries() ?? []) {
      out.byte(separator);
      out.number(quantile, decoder.steps[Math.floor(i / decoder.levels!.length)]!);
    }
    this.interval();
    if (proba) {
      for (const probability of decoder.probabilities!) {
        out.byte(separator);
        out.float32(Math.fround(probability));
      }
    }
    if (topK > 0) {
      for (const best of ranked(decoder.probabilities!).slice(0, topK)) {
        out.byte(separator);
        this.classField(classes![0]!, best);
        out.byte(separator);
        out.float32(Math.fround(decoder.probabilities![best]!));
      }
    }
    if (recordsErrors) out.byte(separator);
    out.byte(newline);
  }

  problem(batch: RowBatch, record: number, problem: Problem): void {
    this.keep(batch, record);
    for (let column = 1; column < this.columns; column++) this.out.byte(this.separator);
    this.out.csvField(sentence(problem));
    this.out.byte(newline);
  }

  end(): void {}

  take(): Uint8Array {
    return this.out.take();
  }

  private keep(batch: RowBatch, record: number): void {
    for (const { field } of this.plan.kept) {
      batch.writeCsv(record, field, this.out);
      this.out.byte(this.separator);
    }
  }

  private interval(): void {
    const { decoder, reach } = this.plan;
    const { out, classes, separator } = this;
    if (!reach) return;
    if (classes) {
      const [names] = classLists(this.plan.preprocessing)!;
      out.byte(separator);
      out.csvField(
        classesWithin(decoder, reach.distances[0]!)
          .map((c) => names![c]!)
          .join("|"),
      );
      return;
    }
    for (const j of decoder.names.keys()) {
      for (const end of endsOf(decoder, reach, j)) {
        out.byte(separator);
        out.number(end, decoder.steps[j]!);
      }
    }
  }

  private classField(classes: readonly Buffer[], number: number): void {
    const bytes = classes[number]!;
    this.out.copy(bytes, 0, bytes.length);
  }
}

const newline = 0x0a;
