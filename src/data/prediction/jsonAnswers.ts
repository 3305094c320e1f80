/** Answers as JSON Lines: an object for each record. */
import type { Problem } from "../../support/errors.ts";
import { ByteWriter } from "../formats/byteWriter.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { endsOf } from "../preprocessing/intervals.ts";
import { classLists } from "../preprocessing/preprocessing.ts";
import { canonicalLabel, isDecimal } from "../table/labels.ts";
import {
  type AnswerPlan,
  type AnswerWriter,
  classesWithin,
  deviationNames,
  intervalNames,
  predictionNames,
  quantileNames,
  ranked,
} from "./answerPlan.ts";

export class JsonAnswers implements AnswerWriter {
  private readonly out = new ByteWriter();
  /** The classes of every target as JSON: numbers if all of its are. */
  private readonly labels: readonly (readonly string[])[] | null;
  private readonly names: readonly string[];
  private readonly deviationNames: readonly string[];
  private readonly quantileNames: readonly string[];

  constructor(private readonly plan: AnswerPlan) {
    this.labels = classLists(plan.preprocessing)?.map(jsonLabels) ?? null;
    this.names = predictionNames(plan.decoder).map((name) => JSON.stringify(name));
    this.deviationNames = deviationNames(plan.decoder).map((name) => JSON.stringify(name));
    this.quantileNames = quantileNames(plan.decoder).map((name) => JSON.stringify(name));
  }

  answer(batch: RowBatch | null, record: number, outputs: Float32Array, at: number): void {
    const { decoder, proba, topK } = this.plan;
    const { out, labels, names } = this;
    decoder.decode(outputs, at);
    out.text("{");
    if (batch) this.keep(batch, record);
    for (const [j, prediction] of decoder.predictions.entries()) {
      out.text(`${j > 0 ? "," : ""}${names[j]}:`);
      if (labels) out.text(labels[j]![prediction]!);
      else this.number(prediction, decoder.steps[j]!);
    }
    for (const [j, name] of this.deviationNames.entries()) {
      out.text(`,${name}:`);
      this.number(decoder.deviations![j]!);
    }
    for (const [i, name] of this.quantileNames.entries()) {
      out.text(`,${name}:`);
      this.number(decoder.quantiles![i]!, decoder.steps[Math.floor(i / decoder.levels!.length)]!);
    }
    this.interval();
    if (proba) {
      out.text(',"probabilities":');
      this.probabilities();
    }
    if (topK > 0) {
      out.text(',"top":[');
      for (const [rank, best] of ranked(decoder.probabilities!).slice(0, topK).entries()) {
        out.text(`${rank > 0 ? "," : ""}{"class":${labels![0]![best]},"probability":`);
        this.number(decoder.probabilities![best]!);
        out.text("}");
      }
      out.text("]");
    }
    out.text("}\n");
  }

  problem(batch: RowBatch, record: number, problem: Problem): void {
    const { out } = this;
    out.text("{");
    if (batch.hasFields(record)) this.keep(batch, record);
    const { file, line, column, message, expected, hint } = problem;
    out.text(`"error":${JSON.stringify({ file, line, column, message, expected, hint })}}\n`);
  }

  end(): void {}

  take(): Uint8Array {
    return this.out.take();
  }

  private keep(batch: RowBatch, record: number): void {
    for (const { field, name } of this.plan.kept) {
      this.out.text(`${JSON.stringify(name)}:`);
      batch.writeJson(record, field, this.out);
      this.out.text(",");
    }
  }

  /** By class or label; of several targets' classes, by target and class. */
  private probabilities(): void {
    const { decoder, preprocessing } = this.plan;
    const lists = classLists(preprocessing);
    let next = 0;
    const list = (names: readonly string[]) => {
      for (const [j, name] of names.entries()) {
        this.out.text(`${j > 0 ? "," : "{"}${JSON.stringify(name)}:`);
        this.number(decoder.probabilities![next++]!);
      }
      this.out.text("}");
    };
    if (lists === null || lists.length === 1) list(decoder.classes!);
    else {
      for (const [t, classes] of lists.entries()) {
        this.out.text(`${t > 0 ? "," : "{"}${JSON.stringify(decoder.names[t])}:`);
        list(classes);
      }
      this.out.text("}");
    }
  }

  private interval(): void {
    const { decoder, reach } = this.plan;
    const { out, labels } = this;
    if (!reach) return;
    if (labels) {
      const classes = classesWithin(decoder, reach.distances[0]!).map((c) => labels[0]![c]!);
      out.text(`,"prediction_set":[${classes.join(",")}]`);
      return;
    }
    const names = intervalNames(this.plan);
    for (const j of decoder.names.keys()) {
      for (const [side, end] of endsOf(decoder, reach, j).entries()) {
        out.text(`,${JSON.stringify(names[2 * j + side])}:`);
        this.number(end, decoder.steps[j]!);
      }
    }
  }

  /** JSON has no word for a number that is none. */
  private number(value: number, step = 0): void {
    if (Number.isFinite(Math.fround(value))) this.out.number(value, step);
    else this.out.text("null");
  }
}

function jsonLabels(classes: readonly string[]): readonly string[] {
  const areNumbers = classes.every((label) => isDecimal(label) && canonicalLabel(label) === label);
  return areNumbers ? classes : classes.map((label) => JSON.stringify(label));
}
