/**
 * Pieces of CSV, whole lines each, in memory that threads share, and how one is scanned by itself: as if its first byte
 * began a record. Whether that is so, only who has read all before it knows.
 */
import { UserError } from "../../../support/errors.ts";
import type { Notation } from "../notation.ts";
import { CsvBatch } from "./batch.ts";
import { CsvScanner } from "./scanner.ts";

/** What all pieces of a file have in common. */
export interface PieceForm {
  readonly delimiter: string;
  readonly comment: string | null;
  readonly notation: Notation;
  readonly columns: number;
}

/** Large enough that handing one over costs little beside scanning it, small enough that several fit a core's cache. */
export const pieceSize = 2 ** 18;
/** A piece of more records than this is left to a scanner whose memory grows. */
const mostRecords = pieceSize / 4;

/** States of a piece. */
export const free = 0;
export const filled = 1;
export const taken = 2;
export const scanned = 3;
/** It does not consist of complete records that are as they should be, as far as can be seen by itself. */
export const unclear = 4;

/** Words of a piece's status. */
const statusWords = 4;
export const statusBytes = 4 * statusWords;

/** Bytes of a piece, and what a scanner writes of it, at fixed places of shared memory. */
export class Piece {
  readonly bytes: Buffer<SharedArrayBuffer>;
  readonly values: Float64Array<SharedArrayBuffer>;
  readonly lines: Float64Array<SharedArrayBuffer>;
  readonly ends: Int32Array<SharedArrayBuffer>;
  readonly starts: Int32Array<SharedArrayBuffer>;
  readonly first: Int32Array<SharedArrayBuffer>;
  /** Its state, bytes, records and lines. */
  readonly status: Int32Array<SharedArrayBuffer>;

  static readonly bytesEach =
    8 * pieceSize + 8 * mostRecords + 4 * pieceSize + 8 * (mostRecords + 1) + pieceSize + 8;

  constructor(memory: SharedArrayBuffer, status: SharedArrayBuffer, number: number) {
    let at = 0;
    const take = (bytes: number) => {
      at += bytes;
      return at - bytes;
    };
    this.values = new Float64Array(memory, take(8 * pieceSize), pieceSize);
    this.lines = new Float64Array(memory, take(8 * mostRecords), mostRecords);
    this.ends = new Int32Array(memory, take(4 * pieceSize), pieceSize);
    this.starts = new Int32Array(memory, take(4 * mostRecords), mostRecords);
    this.first = new Int32Array(memory, take(4 * (mostRecords + 1)), mostRecords + 1);
    // A scanner ends what it scans by a NUL.
    this.bytes = Buffer.from(memory, take(pieceSize + 1), pieceSize + 1);
    this.status = new Int32Array(status, statusBytes * number, statusWords);
  }

  get state(): number {
    return Atomics.load(this.status, 0);
  }

  set state(state: number) {
    Atomics.store(this.status, 0, state);
    Atomics.notify(this.status, 0);
  }

  get length(): number {
    return this.status[1]!;
  }

  /** Says that so many bytes are there to be scanned. */
  fill(length: number): void {
    this.status[1] = length;
    this.state = filled;
  }

  /** Whether this thread is to scan it. */
  isTakenHere(): boolean {
    return Atomics.compareExchange(this.status, 0, filled, taken) === filled;
  }

  /** Until another thread has scanned it, or some time has passed. */
  wait(milliseconds: number): void {
    Atomics.wait(this.status, 0, taken, milliseconds);
  }
}

export class PieceScanner extends CsvScanner {
  constructor({ columns, ...options }: PieceForm) {
    super(options);
    this.header = new Array<string>(columns).fill("");
    this.isFirstRecord = false;
    this.takeDelimiter(options.delimiter);
  }

  /** Scans a piece that this thread has taken; lines are counted from 0. */
  scanPiece(piece: Piece): void {
    const { bytes, starts, first, lines, ends, values, status } = piece;
    Object.assign(this, { bytes, starts, first, lines, ends, values });
    this.goOnAt(0, 0);
    this.length = piece.length;
    bytes[this.length] = 0;
    // Where there was too little memory, what was found is in memory of this thread alone.
    const isClear = this.isClear() && this.ends.length === ends.length && this.first.length === first.length;
    status[2] = this.count;
    status[3] = this.line;
    piece.state = isClear ? scanned : unclear;
  }

  private isClear(): boolean {
    try {
      this.scan();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return false;
    }
    return this.isBetweenRecords && this.problems.size === 0;
  }
}

/** The records of a piece. */
export class PieceBatch extends CsvBatch {
  constructor(
    private readonly piece: Piece,
    { file, delimiter, header, oddNames, mayHaveRowNames }: CsvBatch,
    notation: Notation,
  ) {
    super(file, delimiter, notation);
    const { bytes, starts, first, lines, ends, values } = piece;
    Object.assign(this, { bytes, starts, first, lines, ends, values, header, oddNames, mayHaveRowNames });
  }

  /** Takes what was scanned, the first line of which is this one of the file. Gives the line after the last. */
  take(line: number): number {
    const { status, lines } = this.piece;
    this.count = status[2]!;
    for (let record = 0; record < this.count; record++) lines[record]! += line;
    return line + status[3]!;
  }
}
