/** `nnt eval`: a saved model's metrics on a split of its spec's data, or on other data. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { alone, type Peers } from "../cluster/peers.ts";
import { fromFirst } from "../cluster/talk.ts";
import {
  type AnySplit,
  isStreamed,
  type LoadOptions,
  rowCount,
  type Split,
} from "../data/dataset/dataset.ts";
import { openDataset, openRows } from "../data/dataset/load.ts";
import { type Slices, slicesOf } from "../data/dataset/slices.ts";
import type { ColumnDrift } from "../data/preprocessing/drift.ts";
import { answerNames, blocksOf, outputWidth } from "../data/preprocessing/preprocessing.ts";
import type { ColumnProfile } from "../data/table/profile.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import { metricsOf } from "../metrics/metrics.ts";
import { lossRule } from "../model/losses.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { quantilesIn } from "../tasks/losses.ts";
import { taskOf } from "../tasks/tasks.ts";
import type { Figures } from "../train/events.ts";
import { rowsIn } from "../train/residentRows.ts";
import { Measure } from "./measure.ts";
import { specDirectory } from "./runSummary.ts";
import { readModel, restoreModel, type SavedModel } from "./savedModel.ts";
import { type SliceFigures, Slicing } from "./slicing.ts";

/** Which rows are evaluated or explained. */
export interface RowsWanted {
  /** null: test, else validation, else training rows. */
  readonly split: string | null;
  /** A table to evaluate on instead of the spec's data. */
  readonly data: string | null;
  readonly images: string | null;
  readonly labels: string | null;
  /** Warnings about the data are errors. */
  readonly strict?: boolean;
}

export interface EvaluateOptions extends RowsWanted, KernelsChoice {
  readonly model: string;
  /** A column: the rows of each of its values are also evaluated on their own. */
  readonly slice?: string | null;
  /** Who shares the work; absent: this process alone. */
  readonly peers?: Peers;
}

/** The middle 95 % of a metric over bootstrap samples of the rows; null where it is mostly undefined. */
type Interval = readonly [low: number, high: number];

export interface EvaluateResult {
  readonly model: string;
  readonly split: string;
  readonly rows: number;
  readonly metrics: Figures;
  /** Of all metrics but `loss` and `max_error`, where they are defined. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Of every class or label; null for a regression. */
  readonly per_class: readonly ClassFigures[] | null;
  /** Row = true class, column = predicted, both in the order of per_class; null unless each row has one class. */
  readonly confusion: readonly (readonly number[])[] | null;
  readonly slices: { readonly column: string; readonly of: readonly SliceFigures[] } | null;
  /** Of rows that were given: of each column, the largest first; null where the model has no profile to go by. */
  readonly drift?: readonly ColumnDrift[] | null;
  readonly warnings: readonly string[];
}

export interface ClassFigures {
  readonly class: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows of the class. */
  readonly support: number;
  /** Rows predicted as this class. */
  readonly predicted: number;
  readonly intervals: Readonly<Record<"precision" | "recall" | "f1", Interval | null>>;
}

/** @throws UserError: usage, data, model, io */
export async function evaluate(options: EvaluateOptions): Promise<EvaluateResult> {
  const { peers = alone } = options;
  const saved = readModel(options.model);
  const { name, split, warnings, drift, close } = await rowsToEvaluate(saved, options, options.slice != null);
  const { backend } = await openKernels(options);
  try {
    const slices = options.slice ? await slicesFor(options.slice, saved, split, options.data) : null;
    const k = new Kernels(backend);
    const model = restoreModel(k, saved);
    const { target, calibration } = saved.preprocessing;
    const rule = lossRule(k, saved.loss, outputWidth(saved.preprocessing), blocksOf(saved.preprocessing));
    const measure = new Measure(k, model, rowsIn(k)(split), rule, target, calibration);
    const names = metricsOf(taskOf(target.task).kind);
    const slicing =
      slices &&
      new Slicing(slices, names, target, { hasIntervals: true, thresholds: calibration?.thresholds ?? null });
    const watch = slicing ? [slicing] : [];
    const { loss, evaluation } = await measure.run(names, { watch, hasIntervals: true, peers });
    return await fromFirst(peers, () => {
      const intervals = evaluation.intervals();
      const classes = answerNames({ target });
      return {
        model: options.model,
        split: name,
        rows: rowCount(split),
        metrics: { loss, ...evaluation.result() },
        intervals: intervals.metrics,
        per_class:
          evaluation.perClass()?.map((scores, c) => ({
            class: classes[c]!,
            ...scores,
            intervals: intervals.perClass![c]!,
          })) ?? null,
        confusion: evaluation.confusion(),
        slices: slicing && { column: slices!.column, of: slicing.figures() },
        ...(drift !== undefined && { drift }),
        warnings,
      };
    });
  } finally {
    close?.();
    await backend.close();
  }
}

async function slicesFor(
  column: string,
  { data: spec, ...saved }: SavedModel,
  split: AnySplit,
  data: string | null,
): Promise<Slices> {
  const { indices } = held(split, `--slice ${column}`);
  if (spec.format === "csv") {
    const source =
      data === null
        ? { files: null, baseDirectory: findBase({ data: spec, ...saved }) }
        : { files: [data], baseDirectory: "" };
    return slicesOf(column, indices, { spec, ...source });
  }
  throw new UserError(exitCodes.usage, {
    message: `--slice ${column}: the model was trained on ${spec.format.toUpperCase()} files, whose columns have no values to slice by`,
    expected: "a model trained on a table",
  });
}

export interface Chosen<Rows extends AnySplit = AnySplit> {
  readonly name: string;
  readonly split: Rows;
  /** The training rows, if they are available. */
  readonly train?: Rows;
  readonly warnings: readonly string[];
  /** Deletes the temporary files of streamed rows. */
  readonly close?: (() => void) | undefined;
  /** What the columns of its table hold. */
  readonly profile?: readonly ColumnProfile[] | null;
  /** Of rows that were given as a table. */
  readonly drift?: readonly ColumnDrift[] | null;
}

/** The user's own rows, all in memory if `areHeld`, or else a split of the data that the model's spec names. */
async function rowsToEvaluate(saved: SavedModel, options: RowsWanted, areHeld: boolean): Promise<Chosen> {
  return (
    (await givenRows(saved, options, areHeld)) ??
    splitOf(saved, options.split, { strict: options.strict ?? false })
  );
}

/** As {@link rowsToEvaluate}, for random access to rows. Throws UserError(usage) for rows on disk. */
export async function rowsHeld(saved: SavedModel, options: RowsWanted, what: string): Promise<Chosen<Split>> {
  const { name, split, train, warnings, close } = await rowsToEvaluate(saved, options, true);
  try {
    return { name, split: held(split, what), ...(train && { train: held(train, what) }), warnings };
  } finally {
    close?.();
  }
}

function held(split: AnySplit, what: string): Split {
  if (!isStreamed(split)) return split;
  throw new UserError(exitCodes.usage, {
    message: `${what}: the rows do not fit in memory and are streamed from disk`,
    expected: "--data FILE with few enough rows to fit in memory",
  });
}

/** Rows of the data that the model's spec names. @param split null: test, else validation, else training rows */
export async function splitOf(
  saved: SavedModel,
  split: string | null,
  options: Pick<LoadOptions, "profile" | "strict"> = {},
): Promise<Chosen> {
  const { preprocessing, seed, loss, data } = saved;
  const baseDirectory = findBase(saved);
  const {
    splits,
    warnings,
    profile = null,
    close,
  } = await openDataset(data, {
    seed: data.split.seed ?? seed,
    baseDirectory,
    loss: loss.name,
    quantiles: quantilesIn(loss),
    preprocessing,
    ...options,
  });
  const name = split ?? defaultSplit(splits);
  const rows = (splits as Record<string, AnySplit | null>)[name];
  const isUntold = split === null && name === "train";
  const told = isUntold ? [...warnings, onlyTraining] : warnings;
  if (rows) return { name, split: rows, train: splits.train, warnings: told, profile, close };
  close?.();
  const present = Object.entries(splits).filter(([, rows]) => rows !== null);
  throw new UserError(exitCodes.usage, {
    message: `--split ${name}: the model's data has no such split`,
    expected: `one of ${present.map(([split]) => split).join(", ")}`,
  });
}

/** Nobody asked for figures of training rows, and there are no others. */
const onlyTraining =
  "the spec keeps no rows for a test or validation: these are the rows that were trained on; --data FILE measures others, --split train says that they are meant";

function defaultSplit({ test, validation }: { test: AnySplit | null; validation: AnySplit | null }): string {
  return test ? "test" : validation ? "validation" : "train";
}

/** All rows of the files that the user gave; null: none were given. */
async function givenRows(
  { data: spec, preprocessing }: SavedModel,
  { data, images, labels, strict = false }: RowsWanted,
  areHeld: boolean,
): Promise<Chosen | null> {
  if (data === null && images === null && labels === null) return null;
  if (spec.format === "csv" && data !== null && images === null && labels === null)
    return {
      name: "data",
      ...(await openRows(spec, data, preprocessing, { strict, ...(areHeld && { mostBytes: Infinity }) })),
    };
  if (spec.format !== "csv" && data === null && images !== null && labels !== null) {
    const { loadGivenPair } = await import("../data/dataset/loadNpy.ts");
    const table = spec.format === "npy" ? spec : null;
    return { name: "data", ...(await loadGivenPair([images, labels], preprocessing, table, strict)) };
  }
  throw new UserError(exitCodes.usage, {
    message: `the model was trained on ${spec.format === "csv" ? "a table" : `${spec.format.toUpperCase()} files`}`,
    expected: spec.format === "csv" ? "--data FILE" : "--images FILE --labels FILE",
  });
}

/**
 * Where the spec's relative paths start: the run's summary says so; for a model without its run, the working directory
 * and the model's own folder are tried.
 */
function findBase({ path, data }: SavedModel): string {
  const first =
    data.format === "csv"
      ? (data.path ?? data.test ?? data.train ?? [])[0]
      : data.format === "idx"
        ? data.train.images
        : data.train.features;
  const folder = dirname(resolve(path));
  const bases = [specDirectory(folder), process.cwd(), folder].filter((base) => base !== null);
  const candidates = [...new Set(bases)];
  const found = candidates.find((base) => first !== undefined && existsSync(resolve(base, first)));
  if (found !== undefined) return found;
  throw new UserError(exitCodes.io, {
    file: path,
    message: `the model's data ${first} was not found in ${candidates.join(" or ")}`,
    hint: data.format === "csv" ? "pass it with --data FILE" : "pass it with --images FILE --labels FILE",
  });
}
