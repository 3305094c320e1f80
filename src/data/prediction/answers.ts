/** Writes answers as CSV or JSON Lines: kept columns, predictions, probabilities, or what was wrong. */
import { exitCodes, type Problem, sentence, UserError } from "../../support/errors.ts";
import { ByteWriter } from "../formats/byteWriter.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { Decoder } from "../preprocessing/decode.ts";
import { classLists, type Preprocessing } from "../preprocessing/preprocessing.ts";
import { canonicalLabel, isDecimal } from "../table/labels.ts";
import { missingColumn } from "../table/readTable.ts";

export type AnswerFormat = "csv" | "jsonl";

export interface AnswerOptions {
  readonly format: AnswerFormat;
  readonly proba?: boolean;
  /** The k most probable classes too; 0 for none. */
  readonly topK?: number;
  /** Input columns that go before the prediction. */
  readonly keep?: readonly string[] | "all";
  /** Column names of the input; none for images. */
  readonly header?: readonly string[];
  /** How far, for each target, the truth may be from the answer: as `reachOf` gives it; null: nobody asked. */
  readonly reach?: readonly number[] | null;
  /** Whether bad records are answered with an error, for which CSV needs a column. */
  readonly recordsErrors?: boolean;
}

/** Collects answers as bytes; `take` hands them over. A CSV header comes before the first of them. */
export interface AnswerWriter {
  /** The answer to a record from outputs[at …]; `batch` is null for images. */
  answer(batch: RowBatch | null, record: number, outputs: Float32Array, at: number): void;
  /** A bad record in its place. */
  problem(batch: RowBatch, record: number, problem: Problem): void;
  /** Bytes written since the last call, valid until the next answer. */
  take(): Uint8Array;
}

/**
 * Throws UserError: data for a kept column that the input lacks, usage for probabilities that the model does
 * not give.
 */
export function createAnswers(preprocessing: Preprocessing, options: AnswerOptions): AnswerWriter {
  const decoder = new Decoder(preprocessing);
  const { proba = false, topK = 0, header = [], keep = [], reach = null } = options;
  if ((proba || topK > 0) && decoder.probabilities === null) {
    const asked = proba ? "--proba" : "--top-k";
    throw new UserError(exitCodes.usage, {
      message: `${asked}: the model predicts numbers or was trained on a loss without probabilities`,
      expected: "a classifier",
    });
  }
  const lists = classLists(preprocessing);
  if (topK > 0 && lists?.length !== 1) {
    const isSeveral = lists !== null;
    throw new UserError(exitCodes.usage, {
      message: `--top-k: the model has ${isSeveral ? "several targets" : "no classes"}`,
      expected: isSeveral ? "--proba, which tells every class" : "a classifier",
    });
  }
  const kept =
    keep === "all" ? header.map((_, field) => field) : keep.map((name) => fieldNamed(name, header));
  const plan = {
    preprocessing,
    decoder,
    proba,
    reach,
    topK: Math.min(topK, decoder.classes?.length ?? 0),
    header,
    kept,
  };
  return options.format === "csv"
    ? new CsvAnswers(plan, options.recordsErrors ?? false)
    : new JsonAnswers(plan);
}

function fieldNamed(name: string, header: readonly string[]): number {
  const field = header.indexOf(name);
  if (field >= 0) return field;
  const { message, hint } = missingColumn(name, header, undefined);
  throw new UserError(exitCodes.data, { message: `--keep: ${message}`, hint });
}

interface Plan {
  readonly preprocessing: Preprocessing;
  readonly decoder: Decoder;
  readonly proba: boolean;
  readonly reach: readonly number[] | null;
  readonly topK: number;
  readonly header: readonly string[];
  readonly kept: readonly number[];
}

/** `prediction`, or with several targets `prediction_<name>` each. */
function predictionNames({ names }: Decoder): string[] {
  return names.length === 1 ? ["prediction"] : names.map((name) => `prediction_${name}`);
}

/** `sd`, or with several targets `sd_<name>` each, where the model gives deviations. */
function deviationNames({ names, deviations }: Decoder): string[] {
  if (deviations === null) return [];
  return names.length === 1 ? ["sd"] : names.map((name) => `sd_${name}`);
}

/** `prediction_set`, or `lower` and `upper` of every target, where they were asked for. */
function intervalNames({ preprocessing, decoder: { names }, reach }: Plan): string[] {
  if (!reach) return [];
  if (classLists(preprocessing)) return ["prediction_set"];
  if (names.length === 1) return ["lower", "upper"];
  return names.flatMap((name) => [`lower_${name}`, `upper_${name}`]);
}

/** The classes that the truth is among: those likely enough, and the one predicted. */
function setOf({ probabilities, predictions }: Decoder, reach: number): number[] {
  return [...probabilities!.keys()].filter((c) => 1 - probabilities![c]! <= reach || c === predictions[0]);
}

/** The classes, most probable first; of equals the first. */
function ranked(probabilities: Float64Array): number[] {
  return [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
}

class CsvAnswers implements AnswerWriter {
  private readonly out = new ByteWriter();
  /** The classes of every target as fields, quoted where they must be. */
  private readonly classes: readonly (readonly Buffer[])[] | null;
  private readonly columns: number;

  constructor(
    private readonly plan: Plan,
    private readonly hasErrors: boolean,
  ) {
    const { decoder, proba, topK, header, kept } = plan;
    this.classes = classLists(plan.preprocessing)?.map((classes) => classes.map(csvBytes)) ?? null;
    const names = [
      ...kept.map((field) => header[field]!),
      ...predictionNames(decoder),
      ...deviationNames(decoder),
      ...intervalNames(plan),
      ...(proba ? decoder.classes!.map((name) => `probability_${name}`) : []),
      ...Array.from({ length: topK }, (_, rank) => [`top_${rank + 1}`, `top_${rank + 1}_probability`]).flat(),
      ...(hasErrors ? ["error"] : []),
    ];
    this.columns = names.length - kept.length;
    for (const [index, name] of names.entries()) {
      if (index > 0) this.out.text(",");
      this.out.csvField(name);
    }
    this.out.text("\n");
  }

  answer(batch: RowBatch | null, record: number, outputs: Float32Array, at: number): void {
    const { decoder, proba, topK } = this.plan;
    const { out, classes } = this;
    decoder.decode(outputs, at);
    if (batch) this.keep(batch, record);
    for (let j = 0; j < decoder.predictions.length; j++) {
      if (j > 0) out.byte(comma);
      const prediction = decoder.predictions[j]!;
      if (classes) this.classField(classes[j]!, prediction);
      else out.float32(Math.fround(prediction));
    }
    for (const deviation of decoder.deviations ?? []) {
      out.byte(comma);
      out.float32(Math.fround(deviation));
    }
    this.interval();
    if (proba) {
      for (const probability of decoder.probabilities!) {
        out.byte(comma);
        out.float32(Math.fround(probability));
      }
    }
    if (topK > 0) {
      for (const best of ranked(decoder.probabilities!).slice(0, topK)) {
        out.byte(comma);
        this.classField(classes![0]!, best);
        out.byte(comma);
        out.float32(Math.fround(decoder.probabilities![best]!));
      }
    }
    if (this.hasErrors) out.byte(comma);
    out.byte(newline);
  }

  problem(batch: RowBatch, record: number, problem: Problem): void {
    this.keep(batch, record);
    this.out.text(",".repeat(this.columns - 1));
    this.out.csvField(sentence(problem));
    this.out.byte(newline);
  }

  take(): Uint8Array {
    return this.out.take();
  }

  private keep(batch: RowBatch, record: number): void {
    for (const field of this.plan.kept) {
      batch.writeCsv(record, field, this.out);
      this.out.byte(comma);
    }
  }

  private interval(): void {
    const { decoder, reach } = this.plan;
    const { out, classes } = this;
    if (!reach) return;
    if (classes) {
      const [names] = classLists(this.plan.preprocessing)!;
      out.byte(comma);
      out.csvField(
        setOf(decoder, reach[0]!)
          .map((c) => names![c]!)
          .join("|"),
      );
      return;
    }
    for (const [j, distance] of reach.entries()) {
      for (const end of [-distance, distance]) {
        out.byte(comma);
        out.float32(Math.fround(decoder.predictions[j]! + end));
      }
    }
  }

  private classField(classes: readonly Buffer[], number: number): void {
    const bytes = classes[number]!;
    this.out.copy(bytes, 0, bytes.length);
  }
}

const comma = 0x2c;
const newline = 0x0a;

class JsonAnswers implements AnswerWriter {
  private readonly out = new ByteWriter();
  /** The classes of every target as JSON: numbers if all of its are. */
  private readonly labels: readonly (readonly string[])[] | null;
  private readonly names: readonly string[];
  private readonly deviationNames: readonly string[];

  constructor(private readonly plan: Plan) {
    this.labels = classLists(plan.preprocessing)?.map(jsonLabels) ?? null;
    this.names = predictionNames(plan.decoder).map((name) => JSON.stringify(name));
    this.deviationNames = deviationNames(plan.decoder).map((name) => JSON.stringify(name));
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
      else this.number(prediction);
    }
    for (const [j, name] of this.deviationNames.entries()) {
      out.text(`,${name}:`);
      this.number(decoder.deviations![j]!);
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

  take(): Uint8Array {
    return this.out.take();
  }

  private keep(batch: RowBatch, record: number): void {
    for (const field of this.plan.kept) {
      this.out.text(`${JSON.stringify(this.plan.header[field])}:`);
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
      const classes = setOf(decoder, reach[0]!).map((c) => labels[0]![c]!);
      out.text(`,"prediction_set":[${classes.join(",")}]`);
      return;
    }
    const names = intervalNames(this.plan);
    for (const [j, distance] of reach.entries()) {
      for (const [end, sign] of [-1, 1].entries()) {
        out.text(`,${JSON.stringify(names[2 * j + end])}:`);
        this.number(decoder.predictions[j]! + sign * distance);
      }
    }
  }

  /** JSON has no word for a number that is none. */
  private number(value: number): void {
    const float = Math.fround(value);
    if (Number.isFinite(float)) this.out.float32(float);
    else this.out.text("null");
  }
}

function jsonLabels(classes: readonly string[]): readonly string[] {
  const areNumbers = classes.every((label) => isDecimal(label) && canonicalLabel(label) === label);
  return areNumbers ? classes : classes.map((label) => JSON.stringify(label));
}

function csvBytes(text: string): Buffer {
  const out = new ByteWriter();
  out.csvField(text);
  return Buffer.from(out.take());
}
