/**
 * Which rows a model was trained on, by hashes of what they hold: so that no figure calls a row unseen that was seen,
 * wherever it stands by now. A hash follows from the names and values of a row's columns, not from their order or the
 * file's format.
 */
import type { TrainedRows } from "../preprocessing/preprocessing.ts";
import type { RawValues } from "../table/cells.ts";
import { canonicalLabel } from "../table/labels.ts";
import type { Table } from "../table/readTable.ts";

/** More training rows than these are known by those of the least hashes. */
const mostHashes = 2 ** 16;
/** Of a hash as stored: 48 bits, so that 2³² pairs of different rows hold one that seems equal 15 times in a million. */
const hashBytes = 6;

/** A column as hashes see it. */
export interface HashedColumn {
  readonly name: string;
  /** The text of a level's number; null: the column holds numbers. */
  readonly textOf: ((level: number) => string) | null;
}

/** Hashes, of 48 bits as doubles, of rows whose values stand at values[from …], over the columns of the given names. */
export function rowHasher(
  columns: readonly HashedColumn[],
  names: ReadonlySet<string>,
): (values: RawValues, from: number) => number {
  const used = columns.flatMap(({ name, textOf }, j) =>
    names.has(name) ? [{ j, salt: textHash(name), hashOf: textOf && levelHashes(textOf) }] : [],
  );
  const cell = new Float64Array(1);
  const words = new Int32Array(cell.buffer);
  return (values, from) => {
    let [low, high] = [0, 0];
    for (const { j, salt, hashOf } of used) {
      const value = values[from + j]!;
      cell[0] = value + 0; // -0 is 0
      const content = Number.isNaN(value)
        ? missingHash
        : hashOf
          ? hashOf(value)
          : mix(words[0]! ^ mix(words[1]!));
      // Sums, so that columns may stand in any order.
      low = (low + mix(content ^ salt)) | 0;
      high = (high + mix(Math.imul(content, 0x9e3779b1) ^ mix(salt))) | 0;
    }
    return (mix(low) >>> 0) * 2 ** 16 + (mix(high ^ low) >>> 16);
  };
}

/** The hash of each row of a table. */
export function rowHashes(table: Table, names: ReadonlySet<string>): Float64Array {
  const { columns, rowsPerSlab, rows, slabs } = table;
  const hash = rowHasher(
    columns.map(({ name, kind, levels }) => ({
      name,
      textOf: kind === "text" ? (level) => levels[level]! : null,
    })),
    names,
  );
  return new Float64Array(rows).map((_, row) => {
    const slab = Math.floor(row / rowsPerSlab);
    return hash(slabs[slab]!, (row - slab * rowsPerSlab) * columns.length);
  });
}

/** Each level is hashed once. */
function levelHashes(textOf: (level: number) => string): (level: number) => number {
  const known: number[] = [];
  return (level) => (known[level] ??= textHash(canonicalLabel(textOf(level))));
}

/** What a model keeps of its training rows and of all rows, which `--resume` compares. */
export function rememberRows(hashes: Float64Array, train: Int32Array): TrainedRows {
  const sorted = Float64Array.from(train, (row) => hashes[row]!).sort();
  const kept = sorted.subarray(0, mostHashes);
  const bytes = Buffer.alloc(kept.length * hashBytes);
  for (const [i, hash] of kept.entries()) bytes.writeUIntBE(hash, i * hashBytes, hashBytes);
  return { rows: train.length, hashes: bytes.toString("base64"), data: digestOf(hashes) };
}

/** Those of a table's rows that a model has not been trained on. */
export function withoutTrained(trained: TrainedRows, hashes: Float64Array, rows: Int32Array): Int32Array {
  const copies = trainedCopies(trained);
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

/** Of all rows, in their order. */
function digestOf(hashes: Float64Array): string {
  let [low, high] = [0, 0];
  for (const hash of hashes) {
    low = mix(low ^ (hash % 2 ** 32));
    high = mix(high ^ Math.floor(hash / 2 ** 16) ^ low);
  }
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

const missingHash = textHash("\0");

/** FNV-1a over UTF-16 code units, mixed. */
function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** A bijection of 32 bits in which each bit depends on all (Ettinger's lowbias32). */
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
