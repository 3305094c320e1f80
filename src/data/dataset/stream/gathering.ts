/** One pass over rows that are too many for memory: each goes to its part on disk, into the sums, maybe into the sample. */

import { Interrupted } from "../../../support/errors.ts";
import { dataError } from "../../formats/problems.ts";
import type { RawValues } from "../../table/cells.ts";
import type { ColumnRead, RowSink, Table, TableColumn } from "../../table/readTable.ts";
import type { RowSplit } from "../split.ts";
import { checkWeight } from "../tableDataset.ts";
import { noPart, type PartOf, partNames } from "./parts.ts";
import { Sample } from "./sample.ts";
import { Spill } from "./spill.ts";
import { Totals } from "./totals.ts";

export interface GatheringOptions {
  readonly seed: number;
  readonly targets: ReadonlySet<string>;
  /** Targets without which a row is left out. */
  readonly dropping: readonly string[];
  /** The column of row weights. */
  readonly weight: string | null;
  /** How many of the files hold the rows to train on or to split. */
  readonly poolFiles: number;
  readonly partOf: (columns: readonly ColumnRead[]) => PartOf;
  /** Numbers that the sample may hold. */
  readonly sampleNumbers?: number;
  readonly signal?: AbortSignal | undefined;
}

/** In a sampled row's note, beside its part: it comes from a file of its own. */
const elsewhere = 4;

/** Rows have numbers of 32 bits on disk. */
const mostRows = 2 ** 32;

export class Gathering implements RowSink {
  spills: readonly Spill[] = [];
  totals!: Totals;
  /** Of all rows. */
  whole!: Pick<Table, "columns" | "rows" | "fileRows" | "notes">;
  /** The sample's rows by their parts, and how many of its first ones come from the files to split. */
  split!: RowSplit;
  pool = 0;
  /** Rows that were left out, by the target they lack. */
  readonly leftOut = new Map<string, number>();
  private columns: readonly ColumnRead[] = [];
  private partOf!: PartOf;
  private sample!: Sample;
  private rows = 0;
  private parts = new Uint8Array(0);
  /** Per target column, its values seen so far, to keep a row of each. */
  private seen: readonly { readonly j: number; readonly values: Set<number> }[] = [];
  private weight = -1;
  private dropping: readonly { readonly j: number; readonly name: string }[] = [];

  constructor(private readonly options: GatheringOptions) {}

  start(columns: readonly ColumnRead[]): void {
    const { seed, targets, dropping, weight, partOf, sampleNumbers } = this.options;
    this.columns = columns;
    this.partOf = partOf(columns);
    this.spills = partNames.map(() => new Spill(columns.length));
    this.totals = new Totals(columns, targets);
    this.sample = new Sample(columns.length, seed, sampleNumbers);
    this.dropping = dropping.map((target) => ({
      j: columns.findIndex(({ name }) => name === target),
      name: target,
    }));
    this.weight = columns.findIndex(({ name }) => name === weight);
    this.seen = columns.flatMap(({ name }, j) => (targets.has(name) ? [{ j, values: new Set() }] : []));
  }

  /** Throws UserError: data, io; Interrupted. */
  take(rows: RawValues, file: number): void {
    const { signal, poolFiles } = this.options;
    if (signal?.aborted) throw new Interrupted(String(signal.reason));
    const stride = this.columns.length;
    const count = rows.length / stride;
    if (this.rows + count > mostRows) throw dataError({ message: `more than ${mostRows} rows` });
    if (this.parts.length < count) this.parts = new Uint8Array(count);
    const { parts, weight } = this;
    const origin = file < poolFiles ? 0 : elsewhere;
    for (let row = 0, from = 0; row < count; row++, from += stride) {
      const number = this.rows + row;
      const lacking = this.dropping.find(({ j }) => Number.isNaN(rows[from + j]!));
      if (lacking) {
        parts[row] = noPart;
        this.leftOut.set(lacking.name, 1 + (this.leftOut.get(lacking.name) ?? 0));
        continue;
      }
      const part = this.partOf(rows, from, file);
      parts[row] = part;
      if (part === noPart) continue;
      if (weight >= 0) checkWeight(this.columns[weight]!.name, rows[from + weight]!, number);
      this.spills[part]!.append(number, rows, from);
      this.sample.add(number, rows, from, part | origin, this.isNews(rows, from));
    }
    this.totals.take(rows, count, parts);
    this.rows += count;
  }

  /** The sample, with the columns as all rows have them. */
  end(table: Table): Table {
    for (const spill of this.spills) spill.flush();
    const { columns, fileRows, notes: told } = table;
    this.whole = { columns, rows: table.rows, fileRows, notes: told };
    const { rows, notes, count } = this.sample;
    const split = (part: number) =>
      new Int32Array(count).map((_, row) => row).filter((row) => (notes[row]! & ~elsewhere) === part);
    this.pool = notes.subarray(0, count).filter((note) => note < elsewhere).length;
    this.split = { train: split(0), validation: split(1), test: split(2) };
    return { ...table, rows: count, slabs: [rows], rowsPerSlab: Math.max(1, count) };
  }

  abandon(): void {
    for (const spill of this.spills) spill.close();
  }

  /** Whether a target's value stands here for the first time: the sample has to have all classes. */
  private isNews(rows: RawValues, from: number): boolean {
    let isNews = false;
    for (const { j, values } of this.seen) {
      const value = rows[from + j]!;
      if (values.size > mostValues || values.has(value)) continue;
      values.add(value);
      isNews = true;
    }
    return isNews;
  }
}

/** Different values of a target of which a row each is kept: as many as a column of texts can have. */
const mostValues = 100_000;

/** Stands for the rows' numbers among the columns of rows on disk. */
export const numberColumn: TableColumn = {
  name: "\0number",
  kind: "number",
  levels: [],
  isMissing: [],
  places: [],
  missing: 0,
  overflowed: false,
};
