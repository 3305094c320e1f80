/** What is remembered of rows that train, as they come; and how rows that a model has seen are left out of its tests. */

import type { CsvDataSpec } from "../../../config/schema.ts";
import type { Preprocessing, TrainedRows } from "../../preprocessing/preprocessing.ts";
import type { ColumnRead, Table } from "../../table/readTable.ts";
import { rolesOf } from "../../table/roles.ts";
import { contentColumns, contentOfModel, type Files } from "../tableDataset.ts";
import { allTrained, changedSentence, RowMemory, trainedCopies, trainedSentence } from "../trainedRows.ts";
import type { Gathering } from "./gathering.ts";
import { contentHasher, noPart, type PartOf, partNames, partsOf } from "./parts.ts";

export interface Gathered {
  readonly gathering: Gathering;
  readonly sample: Table;
}

/** One pass over all rows, or more where columns turn out to be other than they seemed; then rows are dealt anew. */
export type Gather = (partOf: (columns: readonly ColumnRead[]) => PartOf) => Promise<Gathered>;

/** The rows of a spec for a new model. Reads once more where columns that were read are no inputs. */
export async function gatherToFit(
  spec: CsvDataSpec,
  { files, seed }: { readonly files: Files; readonly seed: number },
  gather: Gather,
): Promise<Gathered & { readonly trained: TrainedRows }> {
  for (let content: ReadonlySet<string> | null = null; ; ) {
    let memory = new RowMemory();
    let names: ReadonlySet<string> = new Set();
    const gathered = await gather((columns) => {
      memory = new RowMemory();
      names = content ?? contentRead(spec, columns);
      const hashOf = contentHasher(columns, names);
      const part = partsOf(spec, files, seed, columns);
      return (rows, from, file) => {
        const hash = hashOf(rows, from);
        const number = part(hash, rows, from, file);
        memory.take(hash, number === 0);
        return number;
      };
    });
    const found = contentColumns(rolesOf(spec, gathered.gathering.whole).roles);
    if (found.size === names.size) return { ...gathered, trained: memory.result() };
    gathered.gathering.abandon();
    content = found;
  }
}

/** Columns that may be inputs or targets, as far as the spec says. */
function contentRead(spec: CsvDataSpec, columns: readonly ColumnRead[]): ReadonlySet<string> {
  const typeOf = new Map(Object.entries(spec.columns).map(([name, { type }]) => [name, type]));
  const others = new Set<unknown>(["weight", "split", "group", "time"]);
  return new Set(columns.map(({ name }) => name).filter((name) => !others.has(typeOf.get(name))));
}

/**
 * The rows of a model's spec. Reads once more where the data has changed: only then is it known how many copies of a
 * row train.
 */
export async function gatherForModel(
  spec: CsvDataSpec,
  preprocessing: Preprocessing,
  { files, seed }: { readonly files: Files; readonly seed: number },
  gather: Gather,
): Promise<Gathered & { readonly warnings: readonly string[] }> {
  const { trained } = preprocessing;
  const names = contentOfModel(spec, preprocessing);
  const seen = trained ? trainedCopies(trained) : new Map<number, number>();
  let memory = new RowMemory();
  let trains = 0;
  const training = new Map<number, number>();
  const first = await gather((columns) => {
    memory = new RowMemory();
    trains = 0;
    training.clear();
    const hashOf = contentHasher(columns, names);
    const part = partsOf(spec, files, seed, columns);
    return (rows, from, file) => {
      const hash = hashOf(rows, from);
      const number = part(hash, rows, from, file);
      memory.take(hash, number === 0);
      if (number === 0) trains++;
      if (number === 0 && seen.has(hash)) training.set(hash, (training.get(hash) ?? 0) + 1);
      return number;
    };
  });
  const isSame = !trained || memory.digest() === trained.data;
  // Of a table that has grown, any copy of a row that trained may be new.
  if (!isSame && trains > trained.rows) for (const hash of seen.keys()) seen.set(hash, Infinity);
  for (const [hash, count] of training) seen.set(hash, seen.get(hash)! - count);
  if (isSame || [...seen.values()].every((count) => count <= 0)) return { ...first, warnings: [] };
  first.gathering.abandon();
  return gatherUnseen(seen, gather, (columns) => {
    const hashOf = contentHasher(columns, names);
    const part = partsOf(spec, files, seed, columns);
    return (rows, from, file) => {
      const hash = hashOf(rows, from);
      return { hash, number: part(hash, rows, from, file) };
    };
  });
}

/** Leaves out of validation and test as many rows of each hash as `seen` says. */
async function gatherUnseen(
  seen: ReadonlyMap<number, number>,
  gather: Gather,
  dealing: (
    columns: readonly ColumnRead[],
  ) => (...row: Parameters<PartOf>) => { readonly hash: number; readonly number: number },
): Promise<Gathered & { readonly warnings: readonly string[] }> {
  const rows = partNames.map(() => 0);
  const leftOut = partNames.map(() => 0);
  const gathered = await gather((columns) => {
    rows.fill(0);
    leftOut.fill(0);
    const left = new Map(seen);
    const deal = dealing(columns);
    return (...row) => {
      const { hash, number } = deal(...row);
      rows[number]!++;
      const copies = left.get(hash) ?? 0;
      if (number === 0 || copies <= 0) return number;
      left.set(hash, copies - 1);
      leftOut[number]!++;
      return noPart;
    };
  });
  const test = partNames.indexOf("test");
  if (rows[test]! > 0 && rows[test] === leftOut[test]) {
    gathered.gathering.abandon();
    throw allTrained("test rows", rows[test]!);
  }
  const warnings = partNames.flatMap((name, part) =>
    leftOut[part]! > 0 ? [changedSentence(name, rows[part]!, leftOut[part]!)] : [],
  );
  return { ...gathered, warnings };
}

/** All rows of a file that a model has not seen, as those that train. Throws UserError(data) where there are none. */
export async function gatherGiven(
  spec: CsvDataSpec,
  preprocessing: Preprocessing,
  gather: Gather,
): Promise<Gathered & { readonly warnings: readonly string[] }> {
  const { trained } = preprocessing;
  const names = contentOfModel(spec, preprocessing);
  let [rows, seen] = [0, 0];
  const gathered = await gather((columns) => {
    [rows, seen] = [0, 0];
    const left = trained ? trainedCopies(trained) : new Map<number, number>();
    const hashOf = contentHasher(columns, names);
    return (values, from) => {
      rows++;
      if (left.size === 0) return 0;
      const hash = hashOf(values, from);
      const copies = left.get(hash) ?? 0;
      if (copies === 0) return 0;
      left.set(hash, copies - 1);
      seen++;
      return noPart;
    };
  });
  if (rows > 0 && seen === rows) {
    gathered.gathering.abandon();
    throw allTrained("rows", rows);
  }
  return { ...gathered, warnings: seen > 0 ? [trainedSentence("rows", rows, seen)] : [] };
}
