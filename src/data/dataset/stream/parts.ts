/** Which rows train, validate and test, decided row by row, so that no row need be kept for it. */

import type { CsvDataSpec } from "../../../config/schema.ts";
import { randomUniform, streamKey } from "../../../support/random.ts";
import type { RawValues } from "../../table/cells.ts";
import type { ColumnRead } from "../../table/readTable.ts";
import type { SplitName } from "../split.ts";
import { type Files, splitNamed } from "../tableDataset.ts";

/** In the order of their numbers. */
export const partNames = ["train", "validation", "test"] as const satisfies readonly SplitName[];

/** The number of the part of row `number` of all, which is one of that file and stands at rows[from …]. */
export type PartOf = (number: number, rows: RawValues, from: number, file: number) => number;

/**
 * Rows of the files to split go where the split column says, or by a random number that follows from the seed and
 * the row, or its group: shares are met on average.
 */
export function partsOf(
  spec: CsvDataSpec,
  files: Files,
  seed: number,
  columns: readonly ColumnRead[],
): PartOf {
  const typeOf = new Map(Object.entries(spec.columns).map(([name, { type }]) => [name, type]));
  const find = (type: "split" | "group") => columns.findIndex(({ name }) => typeOf.get(name) === type);
  const [bySplit, byGroup] = [find("split"), find("group")];
  const { validation, test } = spec.split;
  const key = streamKey(seed, "split");
  const names = new Map<number, number>();
  const named = (level: number) => {
    const part = partNames.indexOf(splitNamed(columns[bySplit]!.text(level)) ?? "train");
    names.set(level, part);
    return part;
  };
  return (number, rows, from, file) => {
    if (file >= files.pool) return file < files.pool + files.validation ? 1 : 2;
    if (bySplit >= 0) return names.get(rows[from + bySplit]!) ?? named(rows[from + bySplit]!);
    const u = randomUniform(key, byGroup >= 0 ? rows[from + byGroup]! : number);
    if (u < test) return 2;
    return u < test + validation ? 1 : 0;
  };
}
