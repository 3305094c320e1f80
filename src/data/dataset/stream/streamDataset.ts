/** A data set of more rows than memory holds: types, classes and preprocessing from one pass, the rows on disk. */

import type { CsvDataSpec } from "../../../config/schema.ts";
import { taskOf } from "../../../tasks/tasks.ts";
import { dataError } from "../../formats/problems.ts";
import { driftOf } from "../../preprocessing/drift.ts";
import { TableEncoder } from "../../preprocessing/matrix.ts";
import { oddities } from "../../preprocessing/oddities.ts";
import {
  classLists,
  type InputColumn,
  isOneClass,
  levelNumbers,
  type Preprocessing,
  targetWidth,
} from "../../preprocessing/preprocessing.ts";
import { encodeTargets, inferTarget } from "../../preprocessing/target.ts";
import { targetColumns } from "../../preprocessing/targetColumns.ts";
import { RawValues } from "../../table/cells.ts";
import { profileTable } from "../../table/profile.ts";
import { columnOf, type RowSink, type Table, type TableColumn } from "../../table/readTable.ts";
import { type ColumnRole, droppingTargets, rolesOf } from "../../table/roles.ts";
import { checkTable } from "../checks/checks.ts";
import type { Dataset, EncodedRows, GivenRows, LoadOptions, StreamedSplit } from "../dataset.ts";
import { rowHashes } from "../rowHashes.ts";
import {
  contentColumns,
  type Files,
  fitTable,
  inputColumns,
  leftOutSentence,
  noTrainRow,
  noWeight,
  splitNames,
} from "../tableDataset.ts";
import { strictError } from "../trainedRows.ts";
import { Gathering, type GatheringOptions, numberColumn } from "./gathering.ts";
import { partNames } from "./parts.ts";
import { type Gather, gatherForModel, gatherGiven, gatherToFit } from "./seenRows.ts";
import type { Totals } from "./totals.ts";

/** Reads all rows into sinks, anew where columns turn out to be other than they seemed. */
export type Read = (newSink: () => RowSink) => Promise<Table>;

const bytesPerMb = 2 ** 20;

/** As `tableDataset`, from a table that is only read through. Throws UserError. */
export async function streamDataset(
  spec: CsvDataSpec,
  read: Read,
  files: Files,
  options: LoadOptions,
): Promise<Dataset<StreamedSplit>> {
  const known = options.preprocessing ?? null;
  const { seed, signal, loss = null, quantiles } = options;
  const gather = gatherer(spec, read, { seed, signal, poolFiles: files.pool });
  const dealing = { files, seed };
  const gathered = known
    ? await gatherForModel(spec, known, dealing, gather)
    : await gatherToFit(spec, dealing, gather);
  const { gathering, sample } = gathered;
  try {
    const { whole, split, totals } = gathering;
    const { roles, warnings } = rolesOf(spec, whole);
    const inferred =
      known?.target ??
      inferTarget(spec, targetColumns(spec.target, sample, { pool: gathering.pool, loss }), loss, quantiles);
    requireRows(spec, roles, gathering);
    const preprocessing = known ?? {
      ...fitTable(spec, sample, roles, inferred, split.train, (j) => totals.of(j)),
      ...("trained" in gathered && { trained: gathered.trained }),
    };
    const columns = inputColumns(preprocessing);
    const targets = encodeTargets(preprocessing.target, sample);
    const checks = () =>
      checkTable(sample, preprocessing, split, targets, rowHashes(sample, contentColumns(roles)));
    const ofTable =
      "warnings" in gathered
        ? gathered.warnings
        : [...whole.notes, ...warnings, ...leavingOut(gathering), ...checks()];
    const told = [...ofTable, ...oddWarnings(columns, gathering)];
    if (options.strict && told.length > 0) throw strictError(told);
    const typeOf = new Map(roles.map(({ name, type }) => [name, type]));
    const profile = options.profile ? profileTable(sample, ({ name }) => typeOf.get(name)!) : null;
    const part = (number: number) => streamedSplit(spec, preprocessing, roles, gathering, number);
    return {
      preprocessing,
      splits: { train: part(0)!, validation: part(1), test: part(2) },
      warnings: told,
      profile,
      close: () => gathering.abandon(),
    };
  } catch (error) {
    gathering.abandon();
    throw error;
  }
}

/** All rows as one split for a trained model, as `wholeTable`. Throws UserError. */
export async function streamRows(
  spec: CsvDataSpec,
  read: Read,
  preprocessing: Preprocessing,
  strict = false,
): Promise<GivenRows & { split: StreamedSplit; close: () => void }> {
  const gather = gatherer(spec, read, { seed: 0, poolFiles: Infinity });
  const { gathering, sample, warnings: seen } = await gatherGiven(spec, preprocessing, gather);
  try {
    const { roles } = rolesOf(spec, gathering.whole);
    encodeTargets(preprocessing.target, sample);
    const { profile } = preprocessing;
    const odd = oddWarnings(inputColumns(preprocessing), gathering);
    const warnings = [...leavingOut(gathering), ...seen, ...odd];
    if (strict && warnings.length > 0) throw strictError(warnings);
    return {
      split: streamedSplit(spec, preprocessing, roles, gathering, 0)!,
      warnings,
      drift: profile ? driftOf(sample, profile) : null,
      close: () => gathering.abandon(),
    };
  } catch (error) {
    gathering.abandon();
    throw error;
  }
}

function gatherer(
  spec: CsvDataSpec,
  read: Read,
  options: Omit<GatheringOptions, "targets" | "dropping" | "weight" | "partOf">,
): Gather {
  const weight = Object.entries(spec.columns).find(([, { type }]) => type === "weight")?.[0] ?? null;
  const own = { targets: new Set(spec.target), dropping: droppingTargets(spec), weight };
  return async (partOf) => {
    const request = { ...options, ...own, partOf };
    let gathering = new Gathering(request);
    const sample = await read(() => {
      gathering.abandon();
      gathering = new Gathering(request);
      return gathering;
    });
    return { gathering, sample };
  };
}

/** Throws UserError(data) where a part that was asked for, or the training rows, are none. */
function requireRows(
  { split }: CsvDataSpec,
  roles: readonly ColumnRole[],
  { whole, spills, totals }: Gathering,
): void {
  const bySplit = roles.findIndex(({ type }) => type === "split");
  if (bySplit >= 0) splitNames(whole.columns[bySplit]!);
  const empty = partNames.find(
    (name, part) => spills[part]!.count === 0 && (name === "train" || split[name] > 0),
  );
  if (empty && bySplit >= 0) throw noTrainRow(roles[bySplit]!.name);
  if (empty) {
    throw dataError({
      message: `${whole.rows} rows leave none for the ${empty} split`,
      expected: `rows enough for split: { validation: ${split.validation}, test: ${split.test} }`,
      hint: "set data.split, or give more rows",
    });
  }
  const weight = roles.findIndex(({ type }) => type === "weight");
  if (weight >= 0 && totals.of(weight).moments.max === 0) throw noWeight(roles[weight]!.name);
}

const leavingOut = (gathering: Gathering) =>
  [...gathering.leftOut].map(([name, rows]) => leftOutSentence(name, rows));

/** What is filled in, and not known, in all rows. */
function oddWarnings(columns: readonly InputColumn[], { whole, totals }: Gathering): string[] {
  const sources = columns.map(({ name }) => whole.columns.findIndex((column) => column.name === name));
  const filled = sources.map((j) => whole.columns[j]!.missing);
  const unseen = columns.map((column, at) => {
    if (column.type !== "category") return 0;
    const known = levelNumbers(column);
    const { levels } = whole.columns[sources[at]!]!;
    return totals.rowsOf(sources[at]!, (level) => !known.has(levels[level]!));
  });
  return oddities(columns, filled, unseen);
}

/** Null for a part without rows. */
function streamedSplit(
  spec: CsvDataSpec,
  preprocessing: Preprocessing,
  roles: readonly ColumnRole[],
  { whole, spills, totals }: Gathering,
  part: number,
): StreamedSplit | null {
  const spill = spills[part]!;
  if (spill.count === 0) return null;
  const columns = [numberColumn, ...whole.columns];
  const encoder = new TableEncoder(columns, inputColumns(preprocessing));
  const weight = roles.findIndex(({ type }) => type === "weight") + 1;
  const { rowBytes } = spill;
  const stride = columns.length;
  const numbered = new RawValues(stride);
  let raw = new RawValues(0);
  let inputs = new Float32Array(0);
  return {
    count: spill.count,
    width: encoder.width,
    targetWidth: targetWidth(preprocessing),
    hasWeights: weight > 0,
    rowBytes,
    bufferBytes: (spec.stream?.buffer_mb ?? defaultBufferMb) * bytesPerMb,
    classCounts: part === 0 ? classCounts(preprocessing, whole.columns, totals) : [],
    read(first, count): EncodedRows {
      if (raw.length < count * stride) raw = new RawValues(count * stride);
      if (inputs.length < count * encoder.width) inputs = new Float32Array(count * encoder.width);
      else inputs.fill(0, 0, count * encoder.width);
      spill.read(first, new Uint8Array(raw.buffer, 0, count * rowBytes));
      for (let row = 0; row < count; row++) encoder.encode(raw, row * stride, inputs, row * encoder.width);
      const table = tableOf(columns, raw, count);
      return {
        inputs: inputs.subarray(0, count * encoder.width),
        targets: encodeTargets(preprocessing.target, table),
        weights: weight > 0 ? Float32Array.from(columnOf(table, weight)) : null,
      };
    },
    rowAt(position) {
      spill.read(position, new Uint8Array(numbered.buffer));
      return numbered[0]!;
    },
  };
}

const defaultBufferMb = 64;

/** Training rows of each class, where a row has one. */
function classCounts(
  preprocessing: Preprocessing,
  columns: readonly TableColumn[],
  totals: Totals,
): readonly number[] {
  if (!isOneClass(preprocessing)) return [];
  const { target } = preprocessing;
  const [name] = taskOf(target.task).columns(target);
  const j = columns.findIndex((column) => column.name === name);
  const { counts } = totals.of(j);
  const classes = encodeTargets(target, tableOf([columns[j]!], RawValues.from(counts.keys()), counts.size));
  const rows = new Array<number>(classLists(preprocessing)![0]!.length).fill(0);
  for (const [at, count] of [...counts.values()].entries()) rows[classes[at]!]! += count;
  return rows;
}

function tableOf(columns: readonly TableColumn[], rows: RawValues, count: number): Table {
  return {
    columns,
    rows: count,
    fileRows: [count],
    slabs: [rows],
    rowsPerSlab: count,
    notes: [],
    header: columns.map(({ name }) => name),
    delimiter: null,
  };
}
