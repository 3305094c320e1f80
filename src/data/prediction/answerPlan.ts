/** What answers are asked for, checked against the model: their columns by name, whatever file they go to. */
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import { namesIn } from "../../support/names.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { Decoder } from "../preprocessing/decode.ts";
import type { Reach } from "../preprocessing/intervals.ts";
import { classLists, type Preprocessing } from "../preprocessing/preprocessing.ts";
import { missingColumn } from "../table/cellProblems.ts";

export interface AnswerOptions {
  readonly proba?: boolean;
  /** The k most probable classes too; 0 for none. */
  readonly topK?: number;
  /** Input columns that go before the prediction: `all`, or names as `namesIn` takes them apart. */
  readonly keep?: string;
  /** Column names of the input; none for images. */
  readonly header?: readonly string[];
  /** How far, for each target, the truth may be from the answer: as `reachOf` gives it; null: nobody asked. */
  readonly reach?: Reach | null;
  /** Whether bad records are answered with an error, for which tables need a column. */
  readonly recordsErrors?: boolean;
}

/** Collects answers as bytes; `take` hands them over. */
export interface AnswerWriter {
  /** The answer to a record from outputs[at …]; `batch` is null for images. */
  answer(batch: RowBatch | null, record: number, outputs: Float32Array, at: number): void;
  /** A bad record in its place. */
  problem(batch: RowBatch, record: number, problem: Problem): void;
  /** Bytes written since the last call, valid until the next answer. */
  take(): Uint8Array;
  /** What comes after the last answer; `take` hands it over. */
  end(): void;
}

/** A column of the input that is passed through. */
interface Kept {
  readonly field: number;
  /** Its name in the answers, which no other column there has. */
  readonly name: string;
}

export interface AnswerPlan {
  readonly preprocessing: Preprocessing;
  readonly decoder: Decoder;
  readonly proba: boolean;
  readonly reach: Reach | null;
  readonly topK: number;
  readonly kept: readonly Kept[];
  readonly recordsErrors: boolean;
  /** Kept columns that go by another name than in the input, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Throws UserError: data for a kept column that the input lacks, usage for probabilities that the model does
 * not give.
 */
export function planAnswers(preprocessing: Preprocessing, options: AnswerOptions): AnswerPlan {
  const decoder = new Decoder(preprocessing);
  const { proba = false, topK = 0, header = [], keep = "", reach = null, recordsErrors = false } = options;
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
  const fields =
    keep === "all"
      ? header.map((_, field) => field)
      : namesIn(keep, header).map((name) => fieldNamed(name, header));
  const plan = {
    preprocessing,
    decoder,
    proba,
    reach,
    recordsErrors,
    topK: Math.min(topK, decoder.classes?.length ?? 0),
  };
  const own = new Set(["error", "probabilities", "top", ...answerNamesOf(plan).map(({ name }) => name)]);
  const kept = keptNames(fields, header, own);
  const renamed = kept.filter(({ field, name }) => name !== header[field]);
  const warnings = renamed.map(
    ({ field, name }) =>
      `--keep: column "${header[field]}" goes by the name "${name}", for the answers have another "${header[field]}"`,
  );
  return { ...plan, kept, warnings };
}

/** A name each that neither the answers nor another kept column have. */
function keptNames(
  fields: readonly number[],
  header: readonly string[],
  own: ReadonlySet<string>,
): readonly Kept[] {
  const taken = new Set(own);
  return fields.map((field) => {
    const given = header[field]!;
    const others = [...header, ...taken];
    let name = given;
    for (let copy = 1; taken.has(name) || (name !== given && others.includes(name)); copy++)
      name = copy === 1 ? `input_${given}` : `input_${given}_${copy}`;
    taken.add(name);
    return { field, name };
  });
}

function fieldNamed(name: string, header: readonly string[]): number {
  const field = header.indexOf(name);
  if (field >= 0) return field;
  const { message, hint } = missingColumn(name, header, undefined);
  throw new UserError(exitCodes.data, { message: `--keep: ${message}`, hint });
}

/** A column of answers in a table. */
export interface AnswerColumn {
  readonly name: string;
  readonly holds: "text" | "number";
}

/** The columns of answers in a table, in order, without those that are kept. */
export function answerNamesOf(plan: Omit<AnswerPlan, "kept" | "warnings">): readonly AnswerColumn[] {
  const { preprocessing, decoder, proba, topK, recordsErrors } = plan;
  const hasClasses = classLists(preprocessing) !== null;
  const as = (holds: AnswerColumn["holds"], names: readonly string[]) =>
    names.map((name) => ({ name, holds }));
  const ranks = Array.from({ length: topK }, (_, rank) => `top_${rank + 1}`);
  return [
    ...as(hasClasses ? "text" : "number", predictionNames(decoder)),
    ...as("number", deviationNames(decoder)),
    ...as("number", quantileNames(decoder)),
    ...as(hasClasses ? "text" : "number", intervalNames(plan)),
    ...as("number", proba ? decoder.classes!.map((name) => `probability_${name}`) : []),
    ...ranks.flatMap((name) => [...as("text", [name]), ...as("number", [`${name}_probability`])]),
    ...as("text", recordsErrors ? ["error"] : []),
  ];
}

/** `prediction`, or with several targets `prediction_<name>` each. */
export function predictionNames({ names }: Decoder): string[] {
  return names.length === 1 ? ["prediction"] : names.map((name) => `prediction_${name}`);
}

/** `sd`, or with several targets `sd_<name>` each, where the model gives deviations. */
export function deviationNames({ names, deviations }: Decoder): string[] {
  if (deviations === null) return [];
  return names.length === 1 ? ["sd"] : names.map((name) => `sd_${name}`);
}

/** `quantile_0.1` and so on, or with several targets `quantile_0.1_<name>`, where the model tells quantiles. */
export function quantileNames({ names, levels }: Decoder): string[] {
  if (levels === null) return [];
  const told = levels.map((q) => `quantile_${q}`);
  return names.length === 1 ? told : names.flatMap((name) => told.map((quantile) => `${quantile}_${name}`));
}

/** `prediction_set`, or `lower` and `upper` of every target, where they were asked for. */
export function intervalNames({
  preprocessing,
  decoder: { names },
  reach,
}: Pick<AnswerPlan, "preprocessing" | "decoder" | "reach">): string[] {
  if (!reach) return [];
  if (classLists(preprocessing)) return ["prediction_set"];
  if (names.length === 1) return ["lower", "upper"];
  return names.flatMap((name) => [`lower_${name}`, `upper_${name}`]);
}

/** The classes that the truth is among: those likely enough, and the one predicted. */
export function classesWithin({ probabilities, predictions }: Decoder, reach: number): number[] {
  return [...probabilities!.keys()].filter((c) => 1 - probabilities![c]! <= reach || c === predictions[0]);
}

/** The classes, most probable first; of equals the first. */
export function ranked(probabilities: Float64Array): number[] {
  return [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
}
