/** Loads the data of a spec, whatever its format: files → rows → {@link tableDataset}. */

import type { CsvDataSpec, DataSpec } from "../../config/schema.ts";
import { taskOf } from "../../tasks/tasks.ts";
import { matchingFiles, placeFile, stdinPath } from "../formats/files.ts";
import { writtenAs } from "../formats/notation.ts";
import { fileSize } from "../formats/source.ts";
import type { Preprocessing } from "../preprocessing/preprocessing.ts";
import { needsTexts, targetKind } from "../preprocessing/target.ts";
import { type RowSink, readTable, type Table } from "../table/readTable.ts";
import { readingsOf, readingsOfModel } from "../table/roles.ts";
import type { AnySplit, Dataset, GivenRows, LoadOptions, Split } from "./dataset.ts";
import { loadIdx } from "./loadArrays.ts";
import { type Files, inputColumns, tableDataset, wholeTable } from "./tableDataset.ts";

export type { Dataset, LoadOptions, Split } from "./dataset.ts";

/**
 * The data of a spec, ready to train on. Throws UserError: data and io for the files, usage where the spec
 * does not fit them.
 */
export async function loadDataset(spec: DataSpec, options: LoadOptions): Promise<Dataset> {
  if (spec.format === "idx") return loadIdx(spec, options);
  if (spec.format === "npy") return (await import("./loadNpy.ts")).loadNpy(spec, options);
  return loadCsv(spec, options);
}

/** As {@link loadDataset}; the rows stay on disk where the spec says `stream`. To be closed. */
export async function openDataset(spec: DataSpec, options: LoadOptions): Promise<Dataset<AnySplit>> {
  if (spec.format !== "csv" || !spec.stream) return loadDataset(spec, options);
  const { streamDataset } = await import("./stream/streamDataset.ts");
  const { all, ...files } = await filesOf(spec, options.baseDirectory);
  return streamDataset(spec, (newSink) => read(spec, all, options, newSink), files, options);
}

/** Files of more bytes than this are read through when they are evaluated. */
const mostBytesHeld = 2 ** 28;

/** As {@link loadRows}; the rows of large files stay on disk. To be closed. */
export async function openRows(
  spec: CsvDataSpec,
  file: string,
  preprocessing: Preprocessing,
  { mostBytes = mostBytesHeld, strict = false }: { mostBytes?: number; strict?: boolean } = {},
): Promise<GivenRows & { close?: () => void }> {
  const size = file === stdinPath ? 0 : ((await fileSize(file)) ?? 0);
  if (size <= mostBytes) return loadRows(spec, [file], preprocessing, strict);
  const { streamRows } = await import("./stream/streamDataset.ts");
  return streamRows(
    spec,
    (newSink) => readForModel(spec, [file], preprocessing, newSink),
    preprocessing,
    strict,
  );
}

/** All rows of CSV files as one split for a trained model: what `eval --data` measures. Throws UserError. */
export async function loadRows(
  spec: CsvDataSpec,
  files: readonly string[],
  preprocessing: Preprocessing,
  strict = false,
): Promise<GivenRows & { split: Split }> {
  return wholeTable(spec, await readForModel(spec, files, preprocessing), preprocessing, strict);
}

async function loadCsv(spec: CsvDataSpec, options: LoadOptions): Promise<Dataset> {
  const { all, ...files } = await filesOf(spec, options.baseDirectory);
  return tableDataset(spec, await read(spec, all, options), files, options);
}

function read(
  spec: CsvDataSpec,
  files: readonly string[],
  options: LoadOptions,
  newSink?: () => RowSink,
): Promise<Table> {
  const known = options.preprocessing ?? null;
  return known
    ? readForModel(spec, files, known, newSink, options.threads)
    : readToFit(spec, files, options, newSink);
}

/** The files of a spec: those to train on or to split, then validation's, then the test's. Throws UserError(io). */
export async function filesOf(
  spec: CsvDataSpec,
  baseDirectory: string,
): Promise<Files & { readonly all: readonly string[] }> {
  const matched = async (paths: readonly string[] | null) => {
    const lists = (paths ?? []).map((path) => matchingFiles(placeFile(path, baseDirectory)));
    return (await Promise.all(lists)).flat();
  };
  const pool = await matched(spec.path ?? spec.train);
  const validation = await matched(spec.validation);
  const all = [...pool, ...validation, ...(await matched(spec.test))];
  return { all, pool: pool.length, validation: validation.length };
}

async function readToFit(
  spec: CsvDataSpec,
  files: readonly string[],
  { loss = null, threads = null }: LoadOptions,
  newSink?: () => RowSink,
): Promise<Table> {
  const read = (kind: "number" | "text" | null) =>
    readTable(
      files,
      { ...writtenAs(spec), threads },
      (header, file) => readingsOf(spec, header, file, kind),
      newSink,
    );
  const table = await read(targetKind(spec, loss));
  return needsTexts(spec, table, loss) ? read("text") : table;
}

function readForModel(
  spec: CsvDataSpec,
  files: readonly string[],
  model: Preprocessing,
  newSink?: () => RowSink,
  threads: number | null = null,
): Promise<Table> {
  const columns = inputColumns(model);
  const kind = taskOf(model.target.task).reads;
  const readings = (header: readonly string[], file: string) => {
    const ofSpec = readingsOf({ ...spec, columns: presentOnly(spec, header) }, header, file, kind);
    return readingsOfModel(ofSpec, header, file, spec, columns);
  };
  return readTable(files, { ...writtenAs(spec), threads }, readings, newSink);
}

/** A trained model needs no column but its inputs and targets. */
function presentOnly(spec: CsvDataSpec, header: readonly string[]): CsvDataSpec["columns"] {
  return Object.fromEntries(Object.entries(spec.columns).filter(([name]) => header.includes(name)));
}
