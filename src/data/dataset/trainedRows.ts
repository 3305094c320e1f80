/**
 * Which rows a model was trained on, by hashes of what they hold: so that no figure calls a row unseen that was seen,
 * wherever it stands by now.
 */
import { exitCodes, UserError } from "../../support/errors.ts";
import { mix32 } from "../../support/random.ts";
import { dataError } from "../formats/problems.ts";
import type { Preprocessing, TrainedRows } from "../preprocessing/preprocessing.ts";
import { HashCounts } from "./hashCounts.ts";
import { hashBits } from "./rowHashes.ts";
import type { RowSplit, SplitName } from "./split.ts";

/** More training rows than these are known by those of the least hashes. */
const mostHashes = 2 ** 16;
const hashBytes = hashBits / 8;

/** Takes rows as they come. What it keeps is bounded. */
export class RowMemory {
  private least = new Float64Array(1024);
  private count = 0;
  private limit = Number.POSITIVE_INFINITY;
  private rows = 0;
  /** Of all rows in their order. */
  private low = 0;
  private high = 0;

  take(hash: number, trains: boolean): void {
    this.low = mix32(this.low ^ hash);
    this.high = mix32(this.high ^ Math.floor(hash / 2 ** 16) ^ this.low);
    if (trains) this.remember(hash);
  }

  /** A training row, wherever it was. */
  remember(hash: number): void {
    this.rows++;
    if (hash > this.limit) return;
    if (this.count === this.least.length) this.makeRoom();
    this.least[this.count++] = hash;
  }

  /** What a model keeps of its training rows, and of all rows, which `--resume` compares. */
  result(): TrainedRows {
    const kept = this.kept();
    const bytes = Buffer.alloc(kept.length * hashBytes);
    for (const [i, hash] of kept.entries()) bytes.writeUIntBE(hash, i * hashBytes, hashBytes);
    return { rows: this.rows, hashes: bytes.toString("base64"), data: this.digest() };
  }

  digest(): string {
    return [this.high, this.low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** In ascending order. */
  private kept(): Float64Array {
    this.leaveLarge();
    const sorted = this.least.subarray(0, this.count).sort();
    this.count = Math.min(this.count, mostHashes);
    return sorted.subarray(0, this.count);
  }

  private makeRoom(): void {
    if (this.count < 2 * mostHashes) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.least);
      this.least = larger;
      return;
    }
    this.leaveLarge();
    // Copies of one hash may be many.
    if (this.count > 1.5 * mostHashes) this.limit = this.kept()[mostHashes - 1]!;
  }

  /** Leaves out what is larger than the least ones to be kept, nearly all of it: hashes are even, so that counting tells. */
  private leaveLarge(): void {
    if (this.count <= mostHashes) return;
    const { least, count } = this;
    const sizes = new Uint32Array(2 ** 16);
    const range = 2 ** (hashBits - 16);
    for (let i = 0; i < count; i++) sizes[Math.floor(least[i]! / range)]!++;
    let end = 0;
    for (let below = 0; below < mostHashes; end++) below += sizes[end]!;
    this.limit = end * range - 1;
    this.count = 0;
    for (let i = 0; i < count; i++) if (least[i]! <= this.limit) least[this.count++] = least[i]!;
  }
}

/**
 * What a model keeps of `train` among `rows`, of whose hashes a table has one each; and of those that an earlier one was
 * trained on, from which its training has gone on.
 */
export function rememberRows(
  hashes: Float64Array,
  rows: Int32Array,
  train: Int32Array,
  earlier: Pick<Preprocessing, "trained"> | null = null,
): TrainedRows {
  const trains = new Uint8Array(hashes.length);
  for (const row of train) trains[row] = 1;
  const memory = new RowMemory();
  for (const row of rows) memory.take(hashes[row]!, trains[row] === 1);
  if (earlier?.trained) {
    const own = new HashCounts(train.length);
    for (const row of train) own.add(hashes[row]!);
    for (const [hash, copies] of trainedCopies(earlier.trained))
      for (let copy = own.of(hash); copy < copies; copy++) memory.remember(hash);
  }
  return memory.result();
}

/**
 * Takes rows that the model was trained on out of the other splits, and says so. `all`: the rows that may be in a split. Of
 * rows that the table has several times, those beyond the ones that trained are others, as they were when it was
 * trained; if it has grown since, they may be copies, and go.
 */
export function leaveOutTrained(
  { trained }: Preprocessing,
  { hashes, all, split }: { hashes: Float64Array; all: Int32Array; split: RowSplit },
  why?: string,
): string[] {
  if (!trained) return [];
  const mayBeCopied = split.train.length > trained.rows && digestOf(hashes, all) !== trained.data;
  return (["validation", "test"] as const).flatMap((name) => {
    const rows = split[name].length;
    const unseen = withoutTrained(trained, hashes, split[name], mayBeCopied);
    const seen = rows - unseen.length;
    if (seen === 0) return [];
    if (unseen.length === 0 && name === "test") throw allTrained("test rows", seen);
    split[name] = unseen;
    return [changedSentence(name, rows, seen, why)];
  });
}

function digestOf(hashes: Float64Array, rows: Int32Array): string {
  const memory = new RowMemory();
  for (const row of rows) memory.take(hashes[row]!, false);
  return memory.digest();
}

/** Of all rows of a file that is given, those that a model has not seen. Throws UserError(data) where there are none. */
export function unseenOf(
  { trained }: Preprocessing,
  rows: Int32Array,
  hashes: () => Float64Array,
): { indices: Int32Array; warnings: readonly string[] } {
  const indices = trained ? withoutTrained(trained, hashes(), rows) : rows;
  if (indices.length === 0) throw allTrained("rows", rows.length);
  const seen = rows.length - indices.length;
  return { indices, warnings: seen > 0 ? [trainedSentence("rows", rows.length, seen)] : [] };
}

/** Those of a table's rows that a model has not been trained on. */
function withoutTrained(
  trained: TrainedRows,
  hashes: Float64Array,
  rows: Int32Array,
  mayBeCopied = false,
): Int32Array {
  const copies = trainedCopies(trained);
  if (mayBeCopied) return rows.filter((row) => !copies.has(hashes[row]!));
  // A table may hold a row twice, and train on one of them: the other one was not seen.
  const unseen = new Map<number, number>();
  for (const hash of hashes) if (copies.has(hash)) unseen.set(hash, (unseen.get(hash) ?? 0) + 1);
  for (const [hash, all] of unseen) unseen.set(hash, all - copies.get(hash)!);
  return rows.filter((row) => {
    const left = unseen.get(hashes[row]!);
    if (left === undefined) return true;
    unseen.set(hashes[row]!, left - 1);
    return left > 0;
  });
}

/** How often each hash is among the training rows. */
export function trainedCopies({ hashes }: TrainedRows): Map<number, number> {
  const bytes = Buffer.from(hashes, "base64");
  const copies = new Map<number, number>();
  for (let at = 0; at + hashBytes <= bytes.length; at += hashBytes) {
    const hash = bytes.readUIntBE(at, hashBytes);
    copies.set(hash, (copies.get(hash) ?? 0) + 1);
  }
  return copies;
}

/** The sentence for rows of a split that were trained on. */
export function trainedSentence(what: string, rows: number, seen: number): string {
  const [were, are] = seen === 1 ? ["was", "is"] : ["were", "are"];
  return `${seen} of ${rows} ${what} ${were} trained on and ${are} left out`;
}

/** Why rows are, that have trained a model from which another goes on. */
export const byEarlier = "the model that training goes on from has learnt them";

/** The same of rows of a split that is not what it was. */
export function changedSentence(
  name: SplitName,
  rows: number,
  seen: number,
  why = "the data is not what it was when the model was trained",
): string {
  return `${trainedSentence(`${name} rows`, rows, seen)}: ${why}`;
}

export function allTrained(what: string, rows: number): UserError {
  return dataError({
    message: `all ${rows} ${what} were trained on`,
    expected: "rows that the model has not seen",
    hint: "--split train measures the training rows",
  });
}

/** Warnings as what stops a command that is strict. */
export function strictError(warnings: readonly string[]): UserError {
  return new UserError(
    exitCodes.data,
    warnings.map((message, index) => ({
      message,
      hint: index === warnings.length - 1 ? "these are warnings without --strict" : undefined,
    })),
  );
}

/** Counts, of given rows, those that are equal to a training row. */
export function sharedRows(hashes: Float64Array, train: Int32Array, rows: Int32Array): number {
  // The others are fewer than those that train, mostly, and nearly none is equal.
  const given = new HashCounts(rows.length);
  for (const row of rows) given.add(hashes[row]!);
  const shared = new Set<number>();
  for (const row of train) if (given.of(hashes[row]!) > 0) shared.add(hashes[row]!);
  let count = 0;
  for (const hash of shared) count += given.of(hash);
  return count;
}
