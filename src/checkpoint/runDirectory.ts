/**
 * The directory of a run: which one it is, that no other process uses it, and the files in it. Nothing outside of it
 * is ever written, and nothing in it that is not nnt's is touched.
 */

import { mkdirSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import {
  ioProblem,
  isThere,
  makeFolder,
  removeIfThere,
  removeStrays,
  syncDirectory,
} from "../support/files.ts";
import { writeInside } from "../support/inside.ts";
import {
  type Progress,
  readCheckpoint,
  type StoredCheckpoint,
  UnknownFormat,
  type Wanted,
} from "./checkpoint.ts";
import { sealFiles, sumsName } from "./fileSums.ts";
import { type Lock, lockDirectory } from "./lock.ts";
import { type LoggedEvent, linesUpTo, type MetricsLog, openMetricsLog } from "./metricsLog.ts";

/** The files of a run, by what they hold. */
export const runFiles = {
  metrics: "metrics.jsonl",
  spec: "spec.yaml",
  best: "best.ckpt",
  last: "last.ckpt",
  summary: "summary.json",
  report: "report.html",
  folds: "out_of_fold.csv",
  sums: sumsName,
} as const;

type RunFile = keyof typeof runFiles;

/** `fresh` refuses a directory that holds a run, `overwrite` empties it, `resume` continues the run. */
export type RunMode = "fresh" | "overwrite" | "resume";

export interface RunOptions {
  /** `--out`; null for `runs/<name>`, or `runs/<name>-2` …: the next free one, or the newest to resume. */
  readonly out: string | null;
  /** The spec's name. */
  readonly name: string;
  readonly mode: RunMode;
  /** Where runs go without `--out`. */
  readonly root?: string;
}

type Text = "spec" | "summary" | "report" | "folds";

/** A directory that this process holds, nothing in it changed yet: what is found there may be a reason to refuse. */
export interface ClaimedRun extends Pick<Run, "directory" | "paths" | "resumed" | "warnings"> {
  /** Makes the directory ready for the mode: from now on it is written to. Throws UserError(io). */
  begin(): Run;
  /** Gives the directory back, and takes it away where it was made for nothing; nothing after `begin`. */
  close(): void;
}

/** A directory that this process holds until it is closed. */
export interface Run {
  readonly directory: string;
  readonly paths: Readonly<Record<RunFile, string>>;
  /** Appends to `metrics.jsonl`. */
  readonly log: MetricsLog;
  /** What to resume from; null for a new run. */
  readonly resumed: ResumePoint | null;
  /** What the user should know: checkpoints that could not be used. */
  readonly warnings: readonly Problem[];
  /** Where the model after so many updates is kept besides `last.ckpt`: `step-40.ckpt`. */
  keptPath(step: number): string;
  /**
   * Removes all models kept so but the newest ones of at most so many updates: those of more are of a time before the
   * run fell back to an older model. Throws UserError(io).
   */
  removeKept(butNewest: number, upTo: number): void;
  /** Replaces `spec.yaml`, `summary.json`, `report.html` or `out_of_fold.csv`. Throws UserError(io). */
  write(file: Text, text: string): void;
  /** Throws UserError(io) where another process has taken the directory: nothing may be written to it any more. */
  check(): void;
  /** Writes the sums of all files but models, which have their own: the run is over. Throws UserError(io). */
  seal(): void;
  /** Closes the log and gives the directory back; a second call does nothing. */
  close(): void;
}

/** The newest good checkpoint of a run, and the log lines that belong to it. */
export interface ResumePoint {
  readonly checkpoint: StoredCheckpoint;
  readonly file: "last" | "best" | `step-${number}`;
  readonly events: readonly LoggedEvent[];
  /** False when `best.ckpt` is missing or damaged: the next save has to write it too. */
  readonly hasBest: boolean;
}

/** As `claimRun`, and begun. */
export function openRun(options: RunOptions): Run {
  const claimed = claimRun(options);
  try {
    return claimed.begin();
  } catch (error) {
    claimed.close();
    throw error;
  }
}

/**
 * Finds or makes the run's directory, locks it, and looks at what it holds. Throws UserError(io) for
 * a directory that is in use or holds a run already, UnknownFormat for a newer nnt's checkpoint.
 */
export function claimRun(options: RunOptions): ClaimedRun {
  const { directory, isNew } = findDirectory(options);
  let lock: Lock;
  try {
    lock = lockDirectory(directory);
  } catch (error) {
    if (isNew) removeIfEmpty(directory);
    throw error;
  }
  const paths = pathsIn(directory);
  let isBegun = false;
  const close = () => {
    if (isBegun) return;
    lock.release();
    if (isNew) removeIfEmpty(directory);
  };
  try {
    checkContent(directory, options.mode);
    const { point, warnings } = options.mode === "resume" ? findCheckpoint(directory) : nothing;
    const resumed = point && { ...point, events: linesUpTo(paths.metrics, point.checkpoint.training) };
    return {
      directory,
      paths,
      resumed,
      warnings,
      close,
      begin() {
        const log = makeReady(directory, options.mode, point?.checkpoint.training ?? null);
        isBegun = true;
        return { directory, paths, resumed, warnings, ...writersOf(directory, log, lock) };
      },
    };
  } catch (error) {
    close();
    throw ioProblem(error, directory, "open the run");
  }
}

/** What the mode wants gone goes; sums first, which would be wrong from then on. */
function makeReady(directory: string, mode: RunMode, progress: Progress | null): MetricsLog {
  const paths = pathsIn(directory);
  try {
    removeStrays(directory);
    if (isThere(paths.sums)) {
      removeIfThere(paths.sums);
      syncDirectory(directory);
    }
    if (mode === "overwrite") {
      removeKept(directory, 0, 0);
      removeRun(paths);
      syncDirectory(directory);
    }
    return openMetricsLog(paths.metrics, progress).log;
  } catch (error) {
    throw ioProblem(error, directory, "open the run");
  }
}

function writersOf(directory: string, log: MetricsLog, lock: Lock) {
  const paths = pathsIn(directory);
  return {
    log: { ...log, append: (event: object) => whileHeld(lock, () => log.append(event)) },
    check: () => lock.check(),
    keptPath: (step: number) => join(directory, keptName(step)),
    removeKept: (butNewest: number, upTo: number) => removeKept(directory, butNewest, upTo),
    write: (file: Text, text: string) => whileHeld(lock, () => writeInside(paths[file], [text])),
    seal: () =>
      whileHeld(lock, () =>
        sealFiles(
          directory,
          sealed.map((file) => runFiles[file]),
        ),
      ),
    close() {
      log.close();
      lock.release();
    },
  };
}

function whileHeld(lock: Lock, write: () => void): void {
  lock.check();
  write();
}

const sealed = ["spec", "metrics", "summary", "report", "folds"] as const satisfies RunFile[];

/** The paths of a run's files. */
export function pathsIn(directory: string): Record<RunFile, string> {
  const entries = Object.entries(runFiles).map(([file, name]) => [file, join(directory, name)]);
  return Object.fromEntries(entries) as Record<RunFile, string>;
}

/** Creating a directory decides whose it is: of two runs that start at once, one gets the next number. */
export function findDirectory({ out, name, mode, root = "runs" }: RunOptions): {
  directory: string;
  isNew: boolean;
} {
  const base = out ?? join(root, directoryName(name));
  makeFolder(dirname(base));
  if (out !== null || mode === "overwrite") return { directory: base, isNew: makeDirectory(base) };
  const numbers = mode === "resume" ? takenNumbers(base) : [];
  if (numbers.length > 0) return { directory: numbered(base, Math.max(...numbers)), isNew: false };
  for (let number = 1; ; number++) {
    const directory = numbered(base, number);
    if (makeDirectory(directory, "any")) return { directory, isNew: true };
  }
}

/** `runs/name`, `runs/name-2`, … */
function numbered(base: string, number: number): string {
  return number === 1 ? base : `${base}-${number}`;
}

function takenNumbers(base: string): number[] {
  const stem = basename(base);
  return subdirectories(dirname(base)).flatMap((name) => {
    if (name === stem) return [1];
    const number = name.startsWith(`${stem}-`) ? name.slice(stem.length + 1) : "";
    return /^([2-9]|[1-9]\d{1,8})$/.test(number) ? [Number(number)] : [];
  });
}

function subdirectories(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    throw ioProblem(error, directory, "read");
  }
}

/** A spec's name as the name of one directory. */
function directoryName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._ -]/gu, "-").replace(/^[. ]+|[. ]+$/g, "");
  return plain.slice(0, 100) || "run";
}

/** False where it is there already; something else of that name is a problem, unless "any" thing may be there. */
function makeDirectory(directory: string, existing: "directory" | "any" = "directory"): boolean {
  try {
    mkdirSync(directory);
    syncDirectory(dirname(directory));
    return true;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    if (isThere && (existing === "any" || statSync(directory, { throwIfNoEntry: false })?.isDirectory()))
      return false;
    throw isThere ? notDirectory(directory) : ioProblem(error, directory, "make the directory");
  }
}

/** Refuses to touch files that no run has written, and a run that the mode does not allow to touch. */
function checkContent(directory: string, mode: RunMode): void {
  const paths = pathsIn(directory);
  const present = (Object.keys(runFiles) as RunFile[]).filter((file) => isThere(paths[file]));
  const isRun = present.some((file) => file === "metrics" || file === "best" || file === "last");
  if (present.length > 0 && !isRun)
    throw new UserError(exitCodes.io, {
      file: directory,
      message: `the directory holds a ${runFiles[present[0]!]} that no run wrote`,
      expected: "none that nnt would overwrite",
      hint: "choose another --out",
    });
  // A log without a line: a run that was over before it began.
  const isBegun = present.some(
    (file) => file !== "spec" && (file !== "metrics" || statSync(paths.metrics).size > 0),
  );
  if (mode === "fresh" && isBegun)
    throw new UserError(exitCodes.io, {
      file: directory,
      message: "the directory already holds a run",
      expected: "a new or empty one",
      hint: "--resume continues it, --overwrite replaces it",
    });
}

/** The log goes last: as long as it is there, the directory is known as a run's. */
export function removeRun(paths: Readonly<Record<RunFile, string>>): void {
  for (const file of ["sums", "last", "best", "summary", "report", "spec", "metrics"] satisfies RunFile[])
    removeIfThere(paths[file]);
}

const nothing = { point: null, warnings: [] };

/** A model that is kept besides the last and the best. */
export function keptName(step: number): string {
  return `step-${step}.ckpt`;
}

/** Updates in the models that a directory keeps besides the last and the best, the newest first. */
export function keptSteps(directory: string): number[] {
  const steps = readdirSync(directory).map((name) => /^step-(\d{1,15})\.ckpt$/.exec(name)?.[1]);
  return steps.flatMap((step) => (step === undefined ? [] : [Number(step)])).sort((a, b) => b - a);
}

function removeKept(directory: string, butNewest: number, upTo: number): void {
  const steps = keptSteps(directory);
  const stay = steps.filter((step) => step <= upTo).slice(0, butNewest);
  for (const step of steps) if (!stay.includes(step)) removeIfThere(join(directory, keptName(step)));
}

/**
 * `last.ckpt`, else the newest good one of the others: a damaged one is warned about and passed over, as is
 * everything when none is good; what cannot be read for another reason stops the run.
 */
function findCheckpoint(directory: string): {
  point: Omit<ResumePoint, "events"> | null;
  warnings: Problem[];
} {
  const paths = pathsIn(directory);
  const last = tryCheckpoint(paths.last, "all");
  const best = tryCheckpoint(paths.best, last.checkpoint ? "none" : "all");
  const warnings = [...last.problems, ...best.problems];
  const hasBest = best.checkpoint !== null;
  if (last.checkpoint) return { point: { checkpoint: last.checkpoint, file: "last", hasBest }, warnings };
  let found: { checkpoint: StoredCheckpoint; file: ResumePoint["file"] } | null = null;
  if (best.checkpoint) found = { checkpoint: best.checkpoint, file: "best" };
  for (const step of keptSteps(directory)) {
    if (found && found.checkpoint.training.step >= step) break;
    const kept = tryCheckpoint(join(directory, keptName(step)), "all");
    warnings.push(...kept.problems);
    if (kept.checkpoint) found = { checkpoint: kept.checkpoint, file: `step-${step}` };
  }
  if (found) {
    const { epoch, step } = found.checkpoint.training;
    const message = `resuming from ${found.file}.ckpt, epoch ${epoch}, step ${step}: there is no good ${runFiles.last}`;
    return { point: { ...found, hasBest }, warnings: [...warnings, { file: directory, message }] };
  }
  if (warnings.length === 0) return nothing;
  const message = "no checkpoint of the run is usable: starting from the beginning";
  return { point: null, warnings: [...warnings, { file: directory, message }] };
}

/** Null without problems: there is no such file. Throws everything but damage. */
function tryCheckpoint(
  path: string,
  wanted: Wanted,
): { checkpoint: StoredCheckpoint | null; problems: readonly Problem[] } {
  if (!isThere(path)) return { checkpoint: null, problems: [] };
  try {
    return { checkpoint: readCheckpoint(path, wanted), problems: [] };
  } catch (error) {
    const isDamaged = error instanceof UserError && error.exitCode === exitCodes.model;
    if (!isDamaged || error instanceof UnknownFormat) throw error;
    return { checkpoint: null, problems: error.problems };
  }
}

/** Takes a directory away that was made for nothing. */
export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Something else was put there; the original error matters more.
  }
}

function notDirectory(path: string): UserError {
  return new UserError(exitCodes.io, {
    file: path,
    message: "it is a file",
    expected: "a directory",
  });
}
