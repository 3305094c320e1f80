/** A column of times as numbers in their order: ISO 8601, numbers as they are, or a format that the spec states. */
import { isoTime, timeParser } from "../../support/time.ts";
import { numberOf } from "../formats/number.ts";

/** Reads a column's cells, which are all of one kind. */
export class TimeReader {
  private kind: "number" | "date" | null = null;
  /** Subtracted from whole numbers that doubles would round: their differences are small. */
  private base: bigint | null = null;
  private readonly parse: ((text: string) => number) | null;

  /**
   * @param format strptime's; null: ISO 8601, or numbers
   * @param takesNumbers whether they are times without a format: in order, but of what unit is not known
   */
  constructor(
    readonly format: string | null,
    readonly takesNumbers: boolean,
  ) {
    this.parse = format === null ? null : timeParser(format);
  }

  /** What a cell should be, for messages. */
  get expected(): string {
    if (this.format !== null) return `a time as ${JSON.stringify(this.format)} has it`;
    if (this.kind === "number") return "a number, as in the rows before";
    const dates = "ISO dates (YYYY-MM-DD)";
    if (!this.takesNumbers) return `${dates} or times (YYYY-MM-DDThh:mm:ss)`;
    return this.kind === "date" ? `${dates}, as in the rows before` : `numbers or ${dates}`;
  }

  /** NaN for what is no time. */
  read(text: string): number {
    const trimmed = text.trim();
    if (this.parse) return this.parse(trimmed);
    if (!this.takesNumbers) return isoTime(trimmed);
    const number = numberOf(trimmed);
    const kind = Number.isNaN(number) ? "date" : "number";
    if (this.kind !== null && kind !== this.kind) return Number.NaN;
    const value = kind === "number" ? this.ofNumber(trimmed, number) : isoTime(trimmed);
    if (!Number.isNaN(value)) this.kind = kind;
    return value;
  }

  private ofNumber(text: string, number: number): number {
    const isWhole = /^[+-]?\d+$/.test(text);
    if (this.kind === null && isWhole && !Number.isSafeInteger(number)) this.base = BigInt(text);
    if (this.base === null) return number;
    return isWhole ? Number(BigInt(text) - this.base) : number - Number(this.base);
  }
}
