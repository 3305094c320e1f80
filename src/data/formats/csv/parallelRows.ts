/**
 * The rows of a large file, scanned in pieces by several threads, this one among them. Pieces are cut at line ends. One
 * that begins within quotes, or holds what is wrong, shows when all before it is known: it is scanned again, in order,
 * with the words and the lines that one thread alone would have.
 */
import type { Worker } from "node:worker_threads";
import { startThread } from "../../../support/threads.ts";
import type { Notation } from "../notation.ts";
import type { CsvBatch } from "./batch.ts";
import {
  free,
  Piece,
  PieceBatch,
  type PieceForm,
  PieceScanner,
  pieceSize,
  scanned,
  statusBytes,
  taken,
} from "./pieceScanner.ts";
import type { CsvScanner } from "./scanner.ts";

/** What a thread that scans is started with. */
export interface ScanThreadData {
  readonly form: PieceForm;
  readonly memories: readonly SharedArrayBuffer[];
  readonly statuses: SharedArrayBuffer;
  /** Changes when pieces were filled; negative when none will come any more. */
  readonly news: SharedArrayBuffer;
}

const lineFeed = 0x0a;

/** Pieces for each thread, so that none waits for another. */
const piecesEach = 3;
/** Milliseconds that this thread waits for another, which scans a piece in less than one. */
const patience = 2;
/** Pieces that it scans alone where that was too short: twice as many each time it happens again. */
const alone = { least: 8, most: 1024 } as const;

/**
 * Batches of the rows that follow those that `scanner` has read; `chunks` are the bytes that follow. Throws UserError as
 * the scanner does.
 * @param threads at least 2
 */
export async function* parallelRows(
  chunks: AsyncIterator<Uint8Array>,
  scanner: CsvScanner,
  notation: Notation,
  comment: string | null,
  threads: number,
): AsyncGenerator<CsvBatch> {
  const form = { delimiter: scanner.delimiter!, comment, notation, columns: scanner.header.length };
  const pieces = new Pieces(form, threads);
  const batches = new Map(pieces.all.map((piece) => [piece, new PieceBatch(piece, scanner, notation)]));
  const reader = new PieceReader(chunks, scanner.unfinished.bytes);
  let { base, line } = scanner.unfinished;
  scanner.goOnAt(base, line);
  try {
    for (let piece = await pieces.next(reader); piece; piece = await pieces.next(reader)) {
      const isScanned = pieces.finish(piece);
      const { length } = piece;
      if (isScanned && scanner.isBetweenRecords) {
        const batch = batches.get(piece)!;
        line = batch.take(line);
        if (batch.count > 0) yield batch;
      } else {
        if (scanner.isBetweenRecords) scanner.goOnAt(base, line);
        scanner.push(piece.bytes.subarray(0, length));
        line = scanner.unfinished.line;
        if (scanner.count > 0) yield scanner;
      }
      base += length;
      pieces.release(piece);
    }
    if (scanner.isBetweenRecords) scanner.goOnAt(base, line);
    yield* inOrder(scanner, reader.rest());
  } finally {
    pieces.close();
  }
}

/** What follows the last whole line, or a line that is longer than a piece. */
async function* inOrder(scanner: CsvScanner, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvBatch> {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += pieceSize) {
      scanner.push(chunk.subarray(from, from + pieceSize));
      if (scanner.count > 0) yield scanner;
    }
  }
}

/** The pieces that are under way, and the threads that scan them. */
class Pieces {
  readonly all: readonly Piece[];
  /** In the file's order. */
  private readonly order: Piece[] = [];
  /** Scanned again by this thread, as the one that has them does not come to an end. */
  private readonly abandoned = new Set<Piece>();
  /** So many pieces are scanned by this thread alone: the others have lost their cores to other programs. */
  private alone = 0;
  private aloneNext: number = alone.least;
  private readonly scanner: PieceScanner;
  private readonly news: Int32Array<SharedArrayBuffer>;
  private readonly threads: Worker[];
  private failure: Error | null = null;

  constructor(form: PieceForm, threads: number) {
    const numbers = Array.from({ length: piecesEach * threads }, (_, number) => number);
    const memories = numbers.map(() => new SharedArrayBuffer(Piece.bytesEach));
    const statuses = new SharedArrayBuffer(statusBytes * numbers.length);
    const news = new SharedArrayBuffer(4);
    this.all = numbers.map((number) => new Piece(memories[number]!, statuses, number));
    this.scanner = new PieceScanner(form);
    this.news = new Int32Array(news);
    const data: ScanThreadData = { form, memories, statuses, news };
    this.threads = Array.from({ length: threads - 1 }, () => startThread("scanThread", data));
    for (const thread of this.threads)
      thread.on("error", (error) => {
        this.failure = error;
      });
  }

  /** Fills what is free, and gives the piece whose turn it is; null at the end. Throws what a thread has thrown. */
  async next(reader: PieceReader): Promise<Piece | null> {
    for (const piece of this.all) {
      if (piece.state > taken && this.abandoned.delete(piece)) piece.state = free;
      if (piece.state !== free) continue;
      if (this.alone > 0 && this.order.length > 0) break;
      const length = await reader.read(piece.bytes);
      if (length === 0) break;
      this.order.push(piece);
      piece.fill(length);
      if (this.alone > 0) this.alone--;
      else {
        Atomics.add(this.news, 0, 1);
        Atomics.notify(this.news, 0);
        continue;
      }
      if (piece.isTakenHere()) this.scanner.scanPiece(piece);
    }
    if (this.failure) throw this.failure;
    return this.order.shift() ?? null;
  }

  /** Whether a piece is scanned, as far as it can be by itself. Until another thread is done, this one scans others. */
  finish(piece: Piece): boolean {
    if (piece.isTakenHere()) this.scanner.scanPiece(piece);
    for (const other of this.order) {
      if (piece.state > taken) break;
      if (other.isTakenHere()) this.scanner.scanPiece(other);
    }
    if (piece.state === taken) piece.wait(patience);
    if (piece.state === taken) {
      this.abandoned.add(piece);
      this.alone = this.aloneNext;
      this.aloneNext = Math.min(2 * this.aloneNext, alone.most);
    } else if (this.alone === 0) this.aloneNext = Math.max(alone.least, this.aloneNext / 2);
    return piece.state === scanned && !this.abandoned.has(piece);
  }

  release(piece: Piece): void {
    if (!this.abandoned.has(piece)) piece.state = free;
  }

  close(): void {
    Atomics.store(this.news, 0, -1);
    Atomics.notify(this.news, 0);
    for (const thread of this.threads) void thread.terminate();
  }
}

/** Whole lines out of chunks. */
class PieceReader {
  private chunk: Uint8Array = new Uint8Array(0);
  /** Bytes of a line that is not whole yet, copied. */
  private carry: Uint8Array;
  private isWhole = true;

  constructor(
    private readonly chunks: AsyncIterator<Uint8Array>,
    start: Uint8Array,
  ) {
    this.carry = new Uint8Array(start); // slice() of a Buffer copies nothing
  }

  /** Fills a piece's bytes with whole lines; gives how many, 0 where there are no more whole lines. */
  async read(bytes: Buffer): Promise<number> {
    if (!this.isWhole || this.carry.length >= pieceSize) return 0;
    bytes.set(this.carry);
    let length = this.carry.length;
    while (length < pieceSize && (this.chunk.length > 0 || (await this.next()))) {
      const part = this.chunk.subarray(0, pieceSize - length);
      bytes.set(part, length);
      length += part.length;
      this.chunk = this.chunk.subarray(part.length);
    }
    const end = length === 0 ? 0 : bytes.lastIndexOf(lineFeed, length - 1) + 1;
    this.carry = new Uint8Array(bytes.subarray(end, length));
    this.isWhole = end > 0;
    return end;
  }

  /** What no piece was made of. */
  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.carry.length > 0) yield this.carry;
    if (this.chunk.length > 0) yield this.chunk;
    while (await this.next()) yield this.chunk;
  }

  private async next(): Promise<boolean> {
    const { done, value } = await this.chunks.next();
    this.chunk = done ? new Uint8Array(0) : value;
    return !done;
  }
}
