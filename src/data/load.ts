/** Loads the data of a spec, whatever its format: files → rows → {@link tableDataset}. */
import type { CsvDataSpec, DataSpec } from "../config/schema.ts";
import type { Dataset, LoadOptions, Split } from "./dataset.ts";
import { matchingFiles } from "./files.ts";
import { loadIdx } from "./loadArrays.ts";
import { type Files, inputColumns, tableDataset, wholeTable } from "./loadTable.ts";
import { placeFile } from "./place.ts";
import type { Preprocessing } from "./preprocessing.ts";
import { readingsOf, readingsOfModel } from "./roles.ts";
import { readTable, type Table } from "./table.ts";
import { needsTexts, targetKind } from "./target.ts";

export type { Dataset, InputTable, LoadOptions, Split } from "./dataset.ts";

/**
 * The data of a spec, ready to train on. Throws UserError: data and io for the files, usage where the spec
 * does not fit them.
 */
export async function loadDataset(spec: DataSpec, options: LoadOptions): Promise<Dataset> {
  if (spec.format === "idx") return loadIdx(spec, options);
  if (spec.format === "npy") return (await import("./loadNpy.ts")).loadNpy(spec, options);
  return loadCsv(spec, options);
}

/** All rows of CSV files as one split for a trained model: what `eval --data` measures. Throws UserError. */
export async function loadRows(
  spec: CsvDataSpec,
  files: readonly string[],
  preprocessing: Preprocessing,
): Promise<{ split: Split; warnings: readonly string[] }> {
  return wholeTable(spec, await readForModel(spec, files, preprocessing), preprocessing);
}

async function loadCsv(spec: CsvDataSpec, options: LoadOptions): Promise<Dataset> {
  const { all, ...files } = await filesOf(spec, options.baseDirectory);
  const known = options.preprocessing ?? null;
  const table = known ? await readForModel(spec, all, known) : await readToFit(spec, all, options);
  return tableDataset(spec, table, files, options);
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
  { loss = null }: LoadOptions,
): Promise<Table> {
  const read = (kind: "number" | "text" | null) =>
    readTable(files, spec.delimiter, (header, file) => readingsOf(spec, header, file, kind));
  const table = await read(targetKind(spec, loss));
  return needsTexts(spec, table, loss) ? read("text") : table;
}

function readForModel(spec: CsvDataSpec, files: readonly string[], model: Preprocessing): Promise<Table> {
  const columns = inputColumns(model);
  const kind = model.target.task === "regression" ? "number" : "text";
  return readTable(files, spec.delimiter, (header, file) => {
    const readings = readingsOf({ ...spec, columns: presentOnly(spec, header) }, header, file, kind);
    return readingsOfModel(readings, header, file, spec, columns);
  });
}

/** A trained model needs no column but its inputs and targets. */
function presentOnly(spec: CsvDataSpec, header: readonly string[]): CsvDataSpec["columns"] {
  return Object.fromEntries(Object.entries(spec.columns).filter(([name]) => header.includes(name)));
}
