/**
 * Rows that stay on disk, with one buffer of them in memory at a time. An epoch starts at a random row of the file and
 * wraps around: chunks are read in random order until the buffer is full, and then the buffer's rows are shuffled. The
 * order is a function of (seed, epoch, position) alone.
 */
import type { StreamedSplit } from "../data/dataset/dataset.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Indices, Matrix, Table } from "../engine/matrix.ts";
import { randomUniform, shuffle, streamKey } from "../support/random.ts";
import { evaluationBatch, type Rows } from "./batches.ts";

/** Bytes of a chunk on disk: enough that reading it takes much longer than seeking to it. */
const chunkBytes = 2 ** 18;
/** A buffer is filled from at least this many places in the file. */
const leastChunks = 16;
/** Batches in memory, at most, where rows are only evaluated. */
const batchesReadThrough = 8;
/** Bytes of inputs encoded at once. */
const encodedBytes = 2 ** 22;

export class StreamedRows implements Rows {
  readonly count: number;
  readonly table: Table & Matrix;
  readonly targets: Matrix;
  readonly weights: Matrix | null;
  readonly order: Indices;
  /** Rows of a full buffer, and of a full chunk. */
  private readonly size: number;
  private readonly chunkRows: number;
  /** The chunks in the epoch's order; all are full but the file's last. */
  private readonly chunks: Int32Array;
  private epoch: { readonly seed: number | null; readonly number: number } = { seed: null, number: 0 };
  /** The row at which the chunks begin. */
  private start = 0;
  /** Number of the buffer in memory; null: none of this epoch. */
  private buffer: number | null = null;

  /** @param rowsOfUpdate rows of one update, which are never divided between two buffers; null: rows are only evaluated */
  constructor(
    private readonly k: Kernels,
    private readonly split: StreamedSplit,
    rowsOfUpdate: number | null,
  ) {
    const { count, width, targetWidth, hasWeights, rowBytes } = split;
    const fitting = Math.floor(split.bufferBytes / (4 * (width + targetWidth + 1)));
    const together = rowsOfUpdate ?? evaluationBatch;
    const most = rowsOfUpdate === null ? batchesReadThrough : Infinity;
    this.count = count;
    this.size = Math.min(count, together * Math.max(1, Math.min(most, Math.floor(fitting / together))));
    this.chunkRows = Math.max(
      1,
      Math.min(
        Math.floor(chunkBytes / rowBytes),
        Math.floor(encodedBytes / (4 * width)),
        Math.ceil(this.size / leastChunks),
      ),
    );
    this.chunks = new Int32Array(Math.ceil(count / this.chunkRows));
    this.table = k.matrix(this.size, width);
    this.targets = k.matrix(this.size, targetWidth);
    this.weights = hasWeights ? k.matrix(this.size, 1) : null;
    this.order = k.backend.ints(this.size);
    this.startEpoch(null, 0);
  }

  startEpoch(seed: number | null, epoch: number): void {
    if (this.buffer !== null && this.epoch.seed === seed && (seed === null || this.epoch.number === epoch))
      return;
    const { chunks } = this;
    this.epoch = { seed, number: epoch };
    this.buffer = null;
    this.start = 0;
    for (let chunk = 0; chunk < chunks.length; chunk++) chunks[chunk] = chunk;
    if (seed === null) return;
    this.start = Math.floor(randomUniform(streamKey(seed, "buffer", epoch), 0) * this.count);
    shuffle(chunks.subarray(0, Math.floor(this.count / this.chunkRows)), streamKey(seed, "shuffle", epoch));
  }

  find(position: number): number | null {
    return Math.floor(position / this.size) === this.buffer ? position % this.size : null;
  }

  /** Throws UserError(io). */
  load(position: number): void {
    const { size, epoch } = this;
    const buffer = Math.floor(position / size);
    const first = buffer * size;
    const end = Math.min(first + size, this.count);
    for (let at = first; at < end; ) {
      const { row, length } = this.stretch(at);
      const rows = Math.min(length, end - at);
      this.read(row, rows, at - first);
      at += rows;
    }
    this.k.write(this.order, (order) => {
      for (let row = 0; row < size; row++) order[row] = row;
      if (epoch.seed !== null)
        shuffle(order.subarray(0, end - first), streamKey(epoch.seed, "shuffle", epoch.number, 1 + buffer));
    });
    this.buffer = buffer;
  }

  async numberOf(position: number): Promise<number> {
    const first = this.buffer! * this.size;
    const order = await this.k.read(this.order);
    return this.split.rowAt(this.stretch(first + order[position - first]!).row);
  }

  /** The row of the split at a position before buffers are shuffled, and how many rows are contiguous from there. */
  private stretch(position: number): { row: number; length: number } {
    const { chunkRows, count } = this;
    const place = Math.floor(position / chunkRows);
    const within = position - place * chunkRows;
    const chunk = this.chunks[place]!;
    const row = (this.start + chunk * chunkRows + within) % count;
    const left = Math.min(chunkRows, count - chunk * chunkRows) - within;
    return { row, length: Math.min(left, count - row) };
  }

  /** Rows of the split into the buffer, from place `to` on. */
  private read(first: number, count: number, to: number): void {
    const { inputs, targets, weights } = this.split.read(first, count);
    const write = (M: Matrix, rows: Float32Array) =>
      this.k.write(M.view(count, M.cols, to * M.cols), (values) => values.set(rows));
    write(this.table, inputs);
    write(this.targets, targets);
    if (weights) write(this.weights!, weights);
  }
}
