/** Which rows train, validate and test, decided row by row, so that no row need be kept for it. */

import type { CsvDataSpec } from "../../../config/schema.ts";
import { streamKey } from "../../../support/random.ts";
import type { RawValues } from "../../table/cells.ts";
import type { ColumnRead } from "../../table/readTable.ts";
import { lotOf } from "../dealing.ts";
import { HashCounts } from "../hashCounts.ts";
import { rowHasher } from "../rowHashes.ts";
import type { SplitName } from "../split.ts";
import { type Files, splitNamed } from "../tableDataset.ts";

/** In the order of their numbers. */
export const partNames = ["train", "validation", "test"] as const satisfies readonly SplitName[];

/** The part of a row that is left out. */
export const noPart = 3;

/** The number of the part of a row that is one of that file and stands at rows[from …]. */
export type PartOf = (rows: RawValues, from: number, file: number) => number;

/** Different rows whose copies are counted: of more, copies are dealt together. */
const mostCounted = 2 ** 19;

/**
 * Rows of the files to split go where the split column says, or by their lot, or their group's, which in memory decides
 * who is first to be dealt: shares are met on average.
 * @returns the part of a row of such a hash
 */
export function partsOf(
  spec: CsvDataSpec,
  files: Files,
  seed: number,
  columns: readonly ColumnRead[],
): (hash: number, ...row: Parameters<PartOf>) => number {
  const typeOf = new Map(Object.entries(spec.columns).map(([name, { type }]) => [name, type]));
  const bySplit = columns.findIndex(({ name }) => typeOf.get(name) === "split");
  const group = columns.find(({ name }) => typeOf.get(name) === "group");
  const groupHash = group ? contentHasher(columns, new Set([group.name])) : null;
  const { validation, test } = spec.split;
  const key = streamKey(seed, "split");
  const copies = groupHash || bySplit >= 0 ? null : new HashCounts(mostCounted);
  const names = new Map<number, number>();
  const named = (level: number) => {
    const part = partNames.indexOf(splitNamed(columns[bySplit]!.text(level)) ?? "train");
    names.set(level, part);
    return part;
  };
  return (hash, rows, from, file) => {
    if (file >= files.pool) return file < files.pool + files.validation ? 1 : 2;
    if (bySplit >= 0) return names.get(rows[from + bySplit]!) ?? named(rows[from + bySplit]!);
    const lot = groupHash ? lotOf(key, groupHash(rows, from), 0) : lotOf(key, hash, copies!.add(hash));
    if (lot < test) return 2;
    return lot < test + validation ? 1 : 0;
  };
}

/** The hash of a row that stands at rows[from …], over the columns of the given names. */
export function contentHasher(
  columns: readonly ColumnRead[],
  names: ReadonlySet<string>,
): (rows: RawValues, from: number) => number {
  const textOf = (column: ColumnRead) => (column.isText ? (level: number) => column.text(level) : null);
  return rowHasher(
    columns.map((column) => ({ name: column.name, textOf: textOf(column) })),
    names,
  );
}
