/** `nnt eval`: a saved model's figures on a split of its spec, or on data it has never seen. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { CsvDataSpec, DataSpec, IdxDataSpec } from "../config/schema.ts";
import { loadDataset, type Split } from "../data/load.ts";
import { outputWidth } from "../data/preprocessing.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import { metricsOf } from "../metrics/metrics.ts";
import { lossRule } from "../model/losses.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import type { Figures } from "./events.ts";
import { Measure } from "./measure.ts";
import { rowsIn } from "./rows.ts";
import { readModel, restoreModel, type SavedModel } from "./savedModel.ts";
import { specDirectory } from "./summary.ts";

export interface EvaluateOptions extends KernelsChoice {
  readonly model: string;
  /** null: test, else validation, else training rows. */
  readonly split: string | null;
  /** A table to evaluate on instead of the spec's data. */
  readonly data: string | null;
  readonly images: string | null;
  readonly labels: string | null;
}

export interface EvaluateResult {
  readonly model: string;
  readonly split: string;
  readonly rows: number;
  readonly metrics: Figures;
  readonly warnings: readonly string[];
}

/** @throws UserError: usage, data, model, io */
export async function evaluate(options: EvaluateOptions): Promise<EvaluateResult> {
  const saved = readModel(options.model);
  const { name, split, warnings } = await rowsToEvaluate(saved, options);
  const { backend } = await openKernels(options);
  try {
    const k = new Kernels(backend);
    const model = restoreModel(k, saved);
    const { target } = saved.preprocessing;
    const rule = lossRule(k, saved.loss, outputWidth(saved.preprocessing), null);
    const measure = new Measure(k, model, rowsIn(k)(split), rule, target);
    const metrics = await measure.figures(metricsOf(target.task));
    return { model: options.model, split: name, rows: split.indices.length, metrics, warnings };
  } finally {
    await backend.close();
  }
}

async function rowsToEvaluate(
  saved: SavedModel,
  options: EvaluateOptions,
): Promise<{ name: string; split: Split; warnings: readonly string[] }> {
  const { preprocessing, seed, loss } = saved;
  const given = givenData(saved.data, options);
  const spec = given ?? saved.data;
  const baseDirectory = given ? process.cwd() : findBase(saved);
  const dataset = await loadDataset(spec, { seed, baseDirectory, loss: loss.name, preprocessing });
  if (given) return { name: "data", split: dataset.splits.train, warnings: dataset.warnings };
  const name = options.split ?? defaultSplit(dataset.splits);
  const split = (dataset.splits as Record<string, Split | null>)[name];
  if (split) return { name, split, warnings: dataset.warnings };
  const present = Object.entries(dataset.splits).filter(([, rows]) => rows !== null);
  throw new UserError(exitCodes.usage, {
    message: `--split ${name}: the model's data has no such split`,
    expected: `one of ${present.map(([split]) => split).join(", ")}`,
  });
}

function defaultSplit({ test, validation }: { test: Split | null; validation: Split | null }): string {
  return test ? "test" : validation ? "validation" : "train";
}

/** The spec's data section with the user's files, all of whose rows count, in place of its own. */
function givenData(spec: DataSpec, { data, images, labels }: EvaluateOptions): DataSpec | null {
  if (data === null && images === null && labels === null) return null;
  const none = { validation: null, test: null, split: { validation: 0, test: 0, stratify: false } };
  if (spec.format === "csv" && data !== null && images === null && labels === null)
    return { ...spec, ...none, path: [data], train: null } satisfies CsvDataSpec;
  if (spec.format === "idx" && data === null && images !== null && labels !== null)
    return { ...spec, ...none, train: { images, labels } } satisfies IdxDataSpec;
  const expected = spec.format === "csv" ? "--data FILE" : "--images FILE --labels FILE";
  throw new UserError(exitCodes.usage, {
    message: `the model was trained on ${spec.format === "csv" ? "a table" : "IDX files"}`,
    expected,
  });
}

/**
 * Where the spec's relative paths start: the run's summary tells; a model without its run is tried from here
 * and from its own folder.
 */
function findBase({ path, data }: SavedModel): string {
  const first = data.format === "idx" ? data.train.images : (data.path ?? data.test ?? data.train ?? [])[0];
  const folder = dirname(resolve(path));
  const candidates = [specDirectory(folder), process.cwd(), folder].filter((base) => base !== null);
  const found = candidates.find((base) => first !== undefined && existsSync(resolve(base, first)));
  if (found !== undefined) return found;
  throw new UserError(exitCodes.io, {
    file: path,
    message: `the model's data ${first} is not to be found from ${candidates.join(" or ")}`,
    hint: data.format === "idx" ? "name it: --images FILE --labels FILE" : "name it: --data FILE",
  });
}
