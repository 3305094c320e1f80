/** `nnt report`: writes a run's report again, from its files and, where the data still exists, its best model. */

import { resealFile } from "../checkpoint/fileSums.ts";
import { readMetricsLog } from "../checkpoint/metricsLog.ts";
import { pathsIn, runFiles } from "../checkpoint/runDirectory.ts";
import type { Spec } from "../config/schema.ts";
import { blocksOf, outputWidth } from "../data/preprocessing/preprocessing.ts";
import type { ColumnProfile } from "../data/table/profile.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import { splitOf } from "../evaluate/evaluate.ts";
import type { Diagnosis } from "../evaluate/findings.ts";
import { type Importance, quickImportance } from "../evaluate/importance.ts";
import { Measure } from "../evaluate/measure.ts";
import { readSummary, type Summary } from "../evaluate/runSummary.ts";
import { readModel, restoreModel, type SavedModel } from "../evaluate/savedModel.ts";
import { observer } from "../evaluate/watchers.ts";
import { lossRule } from "../model/losses.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { isThere, readText } from "../support/files.ts";
import { writeInside } from "../support/inside.ts";
import { taskOf } from "../tasks/tasks.ts";
import type { StartEvent } from "../train/events.ts";
import { rowsIn } from "../train/residentRows.ts";
import { landscapeOfRun } from "./landscape.ts";
import { type Landscape, type ReportData, reportData } from "./reportData.ts";

export interface ReportOptions extends KernelsChoice {
  readonly directory: string;
  readonly renderReport: (data: ReportData) => Promise<string>;
}

/**
 * Writes `report.html` into the run's directory; gives its path and what could not be shown.
 * @throws UserError: io, model, data
 */
export async function reportRun(options: ReportOptions): Promise<{ path: string; warnings: string[] }> {
  const paths = pathsIn(options.directory);
  if (!isThere(paths.summary)) throw unfinished(options.directory);
  const saved = readModel(paths.best);
  const { backend } = await openKernels(options);
  try {
    const k = new Kernels(backend);
    const model = restoreModel(k, saved);
    const { warnings, ...found } = await diagnose(k, saved, model);
    const { preprocessing } = saved;
    const summary = readSummary(paths.summary);
    const events = readMetricsLog(paths.metrics);
    const network = { description: model.description, tensors: await model.tensors() };
    const spec = readText(paths.spec);
    // Where the data is gone, diagnose has said so.
    const landscape = found.diagnosis && (await landscapeFor(saved, options, summary, events));
    const source = { summary, spec, events, model: network, preprocessing, landscape, ...found };
    writeInside(paths.report, [await options.renderReport(reportData(source))]);
    resealFile(options.directory, runFiles.report);
    return { path: paths.report, warnings };
  } finally {
    await backend.close();
  }
}

function landscapeFor(
  { checkpoint: { spec, nnt: version }, path: file }: SavedModel,
  choice: KernelsChoice,
  summary: Summary,
  events: readonly Readonly<Record<string, unknown>>[],
): Promise<Landscape | null> {
  const start = events.find(({ event }) => event === "start") as StartEvent | undefined;
  const given = { spec: spec as unknown as Spec, file, baseDirectory: summary.spec_directory };
  return landscapeOfRun({ ...choice, spec: given, version }, summary, start?.rows.train ?? 0);
}

/** Where the data no longer exists, the report omits what needs its rows. */
async function diagnose(
  k: Kernels,
  saved: SavedModel,
  model: ReturnType<typeof restoreModel>,
): Promise<{
  diagnosis: Diagnosis | null;
  importance: Importance | null;
  profile: readonly ColumnProfile[] | null;
  warnings: string[];
}> {
  try {
    const { name, split, warnings, profile = null, close } = await splitOf(saved, null, { profile: true });
    const { target, calibration } = saved.preprocessing;
    const rule = lossRule(k, saved.loss, outputWidth(saved.preprocessing), blocksOf(saved.preprocessing));
    const measure = new Measure(k, model, rowsIn(k)(split), rule, target, calibration);
    const watching = observer(saved.preprocessing, { split: name, rows: split });
    const { evaluation } = await measure.run(taskOf(target.task).metrics, { watch: [watching] });
    const importance = await quickImportance({ k, model, ...saved }, split);
    close?.();
    return { diagnosis: watching.diagnosis(evaluation), importance, profile, warnings: [...warnings] };
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== exitCodes.io) throw error;
    const what = "the report omits the confusion matrix, score curves, examples and importance";
    return { diagnosis: null, importance: null, profile: null, warnings: [`${error.message}: ${what}`] };
  }
}

function unfinished(directory: string): UserError {
  return new UserError(exitCodes.io, {
    file: directory,
    message: "there is no finished run",
    expected: "a directory with a summary.json, as nnt train writes",
    hint: "nnt train SPEC --out DIR --resume finishes a run that was interrupted",
  });
}
