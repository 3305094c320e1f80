/** A column's values as names of slices: the rows that share one are measured on their own. */
import type { CsvDataSpec } from "../../config/schema.ts";
import { writtenAs } from "../formats/notation.ts";
import { dataError } from "../formats/problems.ts";
import { missingColumn } from "../table/cellProblems.ts";
import { RawValues } from "../table/cells.ts";
import { columnOf, readTable, type Table } from "../table/readTable.ts";
import { filesOf } from "./load.ts";

export interface Slices {
  readonly column: string;
  readonly names: readonly string[];
  /** For each of the rows asked for, the number of its slice. */
  readonly numbers: Int32Array;
}

/** Numbers with more different values than these are cut at their quartiles. */
const mostNumbers = 10;
/** Of more texts, the rarer ones are one slice. */
const mostTexts = 20;

const missing = "(missing)";
const others = "(others)";

/**
 * The slices of some rows of a table by a column, which need not be an input of the model.
 * @param files null: those of the spec
 * @param indices numbers of rows in all files, one after the other
 * @throws UserError: data where no column is named so, io
 */
export async function slicesOf(
  name: string,
  indices: Int32Array,
  source: { spec: CsvDataSpec; files: readonly string[] | null; baseDirectory: string },
): Promise<Slices> {
  const { spec } = source;
  const files = source.files ?? (await filesOf(spec, source.baseDirectory)).all;
  const type = new Map(Object.entries(spec.columns)).get(name)?.type ?? null;
  const read = (kind: "text" | null) =>
    readTable(files, writtenAs(spec), (header, file) => {
      if (!header.includes(name)) throw dataError(missingColumn(name, header, file));
      const reading = { kind, missing: spec.missing_values } as const;
      return header.map((other) => (other === name ? reading : { kind: "skip", missing: [] }));
    });
  let table = await read(type === "category" || type === "boolean" ? "text" : null);
  // Labels beyond 2⁵³ differ as texts only.
  if (columnOf(table, 0).some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER))
    table = await read("text");
  const all = columnOf(table, 0);
  const values = RawValues.from(indices, (row) => all[row]!);
  return {
    column: name,
    ...(table.columns[0]!.kind === "text" ? ofTexts(table, values) : ofNumbers(values)),
  };
}

type Named = Pick<Slices, "names" | "numbers">;

/** The most frequent texts by name, then the others and missing ones, where there are any. */
function ofTexts(table: Table, values: RawValues): Named {
  const { levels } = table.columns[0]!;
  const counts = new Map<number, number>();
  for (const value of values) if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const frequent = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!).slice(0, mostTexts);
  const known = new Map(
    frequent.map((level) => [level, levels[level]!] as const).sort(([, a], [, b]) => (a < b ? -1 : 1)),
  );
  return named(values, [...known.values()], (value) => known.get(value) ?? others);
}

/** One slice a number where they are few, else four of about as many rows each. */
function ofNumbers(values: RawValues): Named {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = [...new Set(sorted)];
  if (distinct.length <= mostNumbers) return named(values, distinct.map(String), String);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  const cuts = [...new Set([at(0.25), at(0.5), at(0.75)])];
  const ends = cuts.map(String);
  const names = [
    ...ends.map((end, i) => (i === 0 ? `≤ ${end}` : `${ends[i - 1]} … ${end}`)),
    `> ${ends.at(-1)}`,
  ];
  return named(values, names, (value) => {
    const cut = cuts.findIndex((end) => value <= end);
    return names[cut < 0 ? cuts.length : cut]!;
  });
}

function named(values: RawValues, names: readonly string[], nameOf: (value: number) => string): Named {
  const numbers = new Map(names.map((name, number) => [name, number]));
  const numberOf = (name: string) => {
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  };
  const result = Int32Array.from(values, (value) => numberOf(Number.isNaN(value) ? missing : nameOf(value)));
  return { names: [...numbers.keys()], numbers: result };
}
