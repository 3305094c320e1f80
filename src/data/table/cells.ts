/** How the cells of a column are read, for training and for prediction alike: numbers, levels, and what is missing. */
import { LevelIndex } from "../formats/levels.ts";
import { numberOf } from "../formats/number.ts";
import type { RowBatch } from "../formats/rowBatch.ts";

/**
 * Raw values of rows, as tables keep them and encoders take them, as precise as files have them: they become
 * 32-bit floats only once they are scaled. NaN stands for a missing value.
 */
export const RawValues = Float64Array;
export type RawValues = Float64Array;

/** The largest double that is finite as a 32-bit float, too, so that unscaled ones are: the one below 2¹²⁸ − 2¹⁰³. */
export const largestRaw = 2 ** 128 - 2 ** 103 - 2 ** 75;

/** Whether a number from a file is one that a network may be given. */
export function fits(number: number): boolean {
  return Math.abs(number) <= largestRaw;
}

/** What means that a value is missing. */
export interface MissingValues {
  readonly texts: ReadonlySet<string>;
  /** Those that are numbers themselves, as `-999`. */
  readonly numbers: readonly number[];
}

export function missingValues(texts: readonly string[]): MissingValues {
  return { texts: new Set(texts), numbers: texts.map(numberOf).filter((number) => !Number.isNaN(number)) };
}

/** Whether a cell of a column of numbers is missing; `number`: what the batch says it is. */
export function isMissing(
  { texts, numbers }: MissingValues,
  batch: RowBatch,
  row: number,
  field: number,
  number: number,
): boolean {
  if (!Number.isNaN(number)) return numbers.includes(number);
  return batch.isNull(row, field) || texts.has(batch.text(row, field).trim());
}

/** Whether a text means that a value is missing. */
export function meansMissing({ texts }: MissingValues, text: string): boolean {
  return texts.has(text.trim());
}

/** The cells of a column of texts: each text is looked at once, and has a code from then on. */
export class TextCells {
  /** Per level of the index. */
  readonly codes: number[];

  constructor(
    readonly index = new LevelIndex(),
    codes: readonly number[] = [],
  ) {
    this.codes = [...codes];
  }

  /** The code of a cell's text; undefined where it was not seen yet, and of null. */
  known(batch: RowBatch, row: number, field: number): number | undefined {
    const level = batch.levelOf(row, field, this.index);
    return level < 0 ? undefined : this.codes[level]!;
  }

  /** Gives a text its code. */
  learn(text: string, code: number): void {
    this.index.add(text);
    this.codes.push(code);
  }
}
