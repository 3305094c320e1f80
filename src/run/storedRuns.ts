/** The finished and unfinished runs in a folder, read from their small files alone. */
import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import { readMetricsLog } from "../checkpoint/metricsLog.ts";
import { pathsIn } from "../checkpoint/runDirectory.ts";
import { isFigures, readSummary, type Summary } from "../evaluate/runSummary.ts";
import { exitCodes, sentence, UserError } from "../support/errors.ts";
import { ioProblem, isThere } from "../support/files.ts";
import { flat } from "../support/flat.ts";
import type { EpochEvent } from "../train/events.ts";

export interface StoredRun {
  readonly directory: string;
  /** When its log was last written to, in ms since 1970. */
  readonly changed: number;
  /** null: the run was interrupted, or is still in progress. */
  readonly summary: Summary | null;
  readonly epochs: readonly EpochEvent[];
  /** The resolved spec of its model; null without one. */
  readonly spec: Readonly<Record<string, unknown>> | null;
  /** What of it could not be read, in words: it is shown without; null: nothing. */
  readonly damage: string | null;
}

/** The runs directly in a folder, the oldest first. @throws UserError (exit code 5) */
export function runsIn(folder: string): StoredRun[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw ioProblem(error, folder, "read");
  }
  const directories = entries
    .filter((entry) => isFolder(entry, folder))
    .map(({ name }) => join(folder, name));
  return directories
    .filter(isRun)
    .map(readRun)
    .sort((a, b) => a.changed - b.changed);
}

/** A directory, or a link to one; links to files and to nothing lie beside runs as other files do. */
function isFolder(entry: Dirent, folder: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** What is damaged or cannot be read is left out and told. @throws UserError (exit code 5) if the directory holds no run */
export function readRun(directory: string): StoredRun {
  const paths = pathsIn(directory);
  if (!isRun(directory))
    throw new UserError(exitCodes.io, {
      file: directory,
      message: "there is no run",
      expected: "a directory with a metrics.jsonl, as nnt train writes",
    });
  const damage: string[] = [];
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      damage.push(...error.problems.map(sentence));
      return null;
    }
  };
  const events = attempt(() => readMetricsLog(paths.metrics)) ?? [];
  const model = isThere(paths.last) ? attempt(() => readCheckpoint(paths.last, "none")) : null;
  return {
    directory,
    changed: lstatSync(paths.metrics).mtimeMs,
    summary: isThere(paths.summary) ? attempt(() => readSummary(paths.summary)) : null,
    epochs: events.filter(isEpoch) as unknown as EpochEvent[],
    spec: (model?.spec ?? null) as StoredRun["spec"],
    damage: damage.length > 0 ? damage.join("; ") : null,
  };
}

/** A line of a log that says what an epoch's line has to; whoever wrote it. */
function isEpoch(event: object): event is EpochEvent {
  const { event: kind, epoch, train, validation = {} } = event as Partial<Record<keyof EpochEvent, unknown>>;
  return kind === "epoch" && typeof epoch === "number" && isFigures(train) && isFigures(validation);
}

/** A warning for each run of which something could not be read. */
export function damages(runs: readonly StoredRun[]): string[] {
  return runs.flatMap(({ damage }) => (damage === null ? [] : [`a damaged run: ${damage}`]));
}

function isRun(directory: string): boolean {
  return isThere(pathsIn(directory).metrics);
}

/**
 * Everything that can be asked of a run, by dotted key: `name`, `epochs`, `test.accuracy`, `optimizer.lr`; a metric
 * without a split (`accuracy`) is that of the test rows, else of the validation rows, else of the training rows; one of
 * `folds` is their mean.
 */
export function valuesOfRun({
  directory,
  summary,
  epochs,
  spec,
  damage,
}: StoredRun): Record<string, unknown> {
  const last = epochs.at(-1);
  const splits = summary?.metrics ?? {};
  const best = splits.test ?? splits.validation ?? splits.train ?? last?.validation ?? last?.train ?? {};
  const means = Object.entries(summary?.folds?.metrics ?? {}).map(([name, { mean }]) => [name, mean]);
  return {
    ...flat(spec ?? {}),
    ...best,
    ...flat(splits),
    ...flat({ folds: Object.fromEntries(means) }),
    directory,
    epochs: summary?.epochs ?? last?.epoch ?? 0,
    best_epoch: summary?.best_epoch ?? null,
    parameters: summary?.parameters ?? null,
    seconds: summary?.seconds ?? null,
    reason: damage === null ? (summary?.reason ?? "unfinished") : "damaged",
    ...(damage !== null && { damage }),
    weights_sha256: summary?.weights_sha256 ?? null,
  };
}
