/** Whether a model file, or all files of a run, are whole and agree with one another. Changes nothing. */
import { join } from "node:path";
import { readCheckpoint, type StoredCheckpoint } from "../checkpoint/checkpoint.ts";
import { readSums, sumOf } from "../checkpoint/fileSums.ts";
import { readMetricsLog } from "../checkpoint/metricsLog.ts";
import { keptName, keptSteps, pathsIn, runFiles } from "../checkpoint/runDirectory.ts";
import { Kernels } from "../engine/kernels.ts";
import { openReference } from "../engine/reference/backend.ts";
import { readModel, restoreModel } from "../evaluate/savedModel.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import { isThere, readText } from "../support/files.ts";

/** The result for one file. */
export interface Verified {
  readonly file: string;
  /** What the file holds, where it is good. */
  readonly holds: string;
  readonly problems: readonly Problem[];
}

/** Every byte against the digest, every tensor against the layers. Throws UserError(io) where it can't be read. */
export function verifyModel(path: string): Verified & { readonly checkpoint: StoredCheckpoint | null } {
  try {
    const checkpoint = readCheckpoint(path);
    restoreModel(new Kernels(openReference()), readModel(path));
    const { epoch, step } = checkpoint.training;
    return { file: path, holds: `a model of epoch ${epoch}, update ${step}`, problems: [], checkpoint };
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== exitCodes.model) throw error;
    return { file: path, holds: "", problems: error.problems, checkpoint: null };
  }
}

/** All files that a run has by now. Throws UserError(io) for what can't be read, or is no run. */
export function verifyRun(directory: string): Verified[] {
  const paths = pathsIn(directory);
  if (!isThere(paths.metrics)) {
    throw new UserError(exitCodes.io, {
      file: directory,
      message: "the directory holds no run",
      expected: "one with a metrics.jsonl",
    });
  }
  const last = isThere(paths.last) ? verifyModel(paths.last) : missing(paths.last);
  const best = isThere(paths.best) ? verifyModel(paths.best) : missing(paths.best);
  const kept = keptSteps(directory).map((step) => verifyModel(join(directory, keptName(step))));
  const results = [last, best, ...kept, verifyLog(paths.metrics, last.checkpoint)];
  if (isThere(paths.summary)) results.push(verifySummary(paths.summary, last.checkpoint));
  return withSums(directory, results);
}

const texts = ["metrics", "summary", "spec", "report", "folds"] as const;

/** The sums that a run leaves when it is over are those of its files; models have their own. */
function withSums(directory: string, results: readonly Verified[]): Verified[] {
  const paths = pathsIn(directory);
  const sums = readSums(directory);
  if (sums === null) return [...results];
  const unknown = [...sums.keys()].filter((name) => !texts.some((key) => runFiles[key] === name));
  const ofFiles = texts.flatMap((key): Verified[] => {
    const file = paths[key];
    const sum = sums.get(runFiles[key]);
    const known = results.find((result) => result.file === file) ?? { file, holds: "its sum", problems: [] };
    if (sum === undefined && !isThere(file)) return [];
    const message = !isThere(file)
      ? "the file is missing, and SHA256SUMS has its sum"
      : sum === undefined
        ? "SHA256SUMS has no sum of it"
        : sum === sumOf(file)
          ? null
          : "the content does not match its sum in SHA256SUMS";
    return [message === null ? known : { ...known, problems: [...known.problems, { file, message }] }];
  });
  const strange = unknown.map((name) => ({
    file: paths.sums,
    message: `a sum of ${name}, which is not a file of a run`,
  }));
  const others = results.filter(({ file }) => !ofFiles.some((of) => of.file === file));
  return [...others, ...ofFiles, { file: paths.sums, holds: `${sums.size} sums`, problems: strange }];
}

function missing(file: string): Verified & { checkpoint: null } {
  const hint = "the run was killed before it saved a model: nnt resume starts it again";
  return { file, holds: "", problems: [{ file, message: "the file is missing", hint }], checkpoint: null };
}

/** Whether every line is complete, no epoch is missing or repeated, and none is missing that the model was trained for. */
function verifyLog(file: string, last: StoredCheckpoint | null): Verified {
  const problems: Problem[] = [];
  const events = readMetricsLog(file);
  const lines = readText(file).split("\n").length - 1;
  if (events.length < lines || !readText(file).endsWith("\n")) {
    const message = "the line is incomplete";
    problems.push({
      file,
      line: events.length + 1,
      message,
      hint: "nnt resume removes it and trains that epoch again",
    });
  }
  if (events[0]?.event !== "start")
    problems.push({ file, line: 1, message: "the log does not begin with a start event" });
  const epochs = events.flatMap(({ event, epoch }) => (event === "epoch" ? [Number(epoch)] : []));
  const wrong = epochs.findIndex((epoch, index) => epoch !== index + 1);
  if (wrong >= 0)
    problems.push({ file, message: `epoch ${epochs[wrong]} where epoch ${wrong + 1} was expected` });
  const seen = last?.training.epoch ?? 0;
  if (wrong < 0 && epochs.length < seen)
    problems.push({ file, message: `the log has ${epochs.length} epochs, last.ckpt has ${seen}` });
  return { file, holds: `${epochs.length} epochs`, problems };
}

/** Whether the summary describes the model that is there. */
function verifySummary(file: string, last: StoredCheckpoint | null): Verified {
  let weights: unknown;
  try {
    weights = (JSON.parse(readText(file)) as { weights_sha256?: unknown } | null)?.weights_sha256;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { file, holds: "", problems: [{ file, message: "it is not valid JSON" }] };
  }
  const agrees = last === null || weights === last.digests.weights;
  const message = "its weights_sha256 is not that of last.ckpt";
  const hint = "a run that was resumed and is not over yet; nnt resume ends it";
  return { file, holds: "the summary", problems: agrees ? [] : [{ file, message, hint }] };
}
