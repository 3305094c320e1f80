/** What a sweep is made of: its spec with any values put in, what it searches for, and where its files are. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { findDirectory } from "../../checkpoint/runDirectory.ts";
import { type LoadedSpec, parseSpec } from "../../config/load.ts";
import { readSpecFile } from "../../config/parse/read.ts";
import type { Override } from "../../config/parse/set.ts";
import { parsePath } from "../../config/paths.ts";
import type { DimensionSpec, SearchSpec } from "../../config/schema.ts";
import { isUp } from "../../metrics/metrics.ts";
import type { SearchLine } from "../../search/journal.ts";
import type { Point } from "../../search/space.ts";
import type { Job, SearchSettings } from "../../search/strategy.ts";
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import { makeInnerFolder } from "../../support/inside.ts";
import { taskNames, taskOf } from "../../tasks/tasks.ts";
import { JournalFile } from "./journalFile.ts";

export interface Sweep {
  readonly name: string;
  readonly settings: SearchSettings;
  readonly mode: "min" | "max";
  /** The spec as it is without the search, and with a trial's values. Throws UserError(usage). */
  specAt(point: Point): LoadedSpec;
  /** The spec with the first values of the space. */
  readonly sample: LoadedSpec;
  /** The journal's first line. */
  readonly line: SearchLine;
}

/** Throws UserError(usage) also for values of the space that make no valid spec. */
export function loadSweep(file: string, set: readonly string[], trials: number | null): Sweep {
  const text = readSpecFile(file);
  const most = trials === null ? [] : [{ option: "--trials", path: "search.trials", value: trials }];
  const specAt = (point: Point) =>
    parseSpec(text, file, { set, overrides: [...assignments(point), ...most] });
  const loaded = specAt({});
  const { search, spec } = loaded;
  if (search === null)
    throw new UserError(exitCodes.usage, {
      ...loaded.locate([]),
      message: "the spec has no search: section",
      expected: "the values to try, as in search: { space: { optimizer.lr: [0.001, 0.01] } }",
    });
  checkMetric(loaded, search.metric);
  const first = firstOf(search);
  checkSpace(loaded, search, first, specAt);
  const mode = search.mode ?? modeOf(search.metric);
  const settings = { ...search, epochs: spec.train.epochs };
  const line = { event: "search", version: 1, search, spec } as const;
  return { name: spec.name, settings, mode, specAt, sample: specAt(first), line };
}

/** What puts a trial's values into the spec: outer paths first, so that inner ones go into them. */
function assignments(point: Point): Override[] {
  const depth = (path: string) => parsePath(path)?.length ?? 0;
  const entries = Object.entries(point).sort(([a], [b]) => depth(a) - depth(b));
  return entries.map(([path, value]) => ({ option: optionOf(path), path, value }));
}

/** How a problem with a value of the space names it. */
const optionOf = (path: string) => `search.space ${path}`;

function modeOf(metric: string): "min" | "max" {
  return isUp(metric) ? "max" : "min";
}

/** A run reports a few metrics of its best model; trials are compared by one of these. */
function checkMetric({ spec, locate }: LoadedSpec, metric: string): void {
  const [, name = ""] = metric.split(".");
  const tasks = spec.data.task ? [spec.data.task] : taskNames;
  const known = ["loss", ...new Set(tasks.flatMap((task) => taskOf(task).metrics))];
  if (known.includes(name)) return;
  const message = `search.metric is "${metric}", which runs do not report for their best model`;
  throw new UserError(exitCodes.usage, {
    ...locate(["search", "metric"]),
    message,
    expected: `one of ${known.join(", ")}`,
  });
}

/** Every choice and both ends of every range, one at a time, beside the first values of all others. */
function checkSpace(
  loaded: LoadedSpec,
  { space }: SearchSpec,
  first: Point,
  specAt: (point: Point) => LoadedSpec,
): void {
  const problems = new Map<string, Problem>();
  for (const [path, dimension] of Object.entries(space)) {
    for (const value of endsOf(dimension)) {
      for (const problem of problemsOf(() => specAt({ ...first, [path]: value }))) {
        const blamed = Object.keys(space).find((name) => problem.file === optionOf(name)) ?? path;
        const place = loaded.locate(["search", "space", blamed]);
        problems.set(JSON.stringify([place, problem.message]), { ...problem, ...place });
      }
    }
  }
  if (problems.size > 0) throw new UserError(exitCodes.usage, [...problems.values()]);
}

const firstOf = ({ space }: SearchSpec): Point =>
  Object.fromEntries(Object.entries(space).map(([path, one]) => [path, endsOf(one)[0]]));

const endsOf = (dimension: DimensionSpec): readonly unknown[] =>
  dimension.type === "choice" ? dimension.values : [dimension.min, dimension.max];

function problemsOf(load: () => unknown): readonly Problem[] {
  try {
    load();
    return [];
  } catch (error) {
    if (error instanceof UserError && error.exitCode === exitCodes.usage) return error.problems;
    throw error;
  }
}

/** Where everything of a sweep is. */
export interface SweepFiles {
  readonly directory: string;
  readonly journal: JournalFile;
  readonly workers: string;
  readonly best: string;
  readonly leaderboard: string;
  specOf(job: Job): string;
  runOf(job: Job): string;
}

export interface OpenOptions {
  readonly out: string | null;
  /** Continues a sweep that exists already. */
  readonly resume: boolean;
}

/** Finds or makes the directory and says in its journal what is searched. Throws UserError(io, usage). */
export function openSweep(sweep: Sweep, { out, resume }: OpenOptions): SweepFiles {
  const mode = resume ? "resume" : "fresh";
  const { directory } = findDirectory({ out, name: sweep.name, mode, root: "sweeps" });
  const files = filesIn(directory);
  const before = files.journal.read().search;
  if (before !== null && !resume)
    throw new UserError(exitCodes.io, {
      file: directory,
      message: "the directory already holds a sweep",
      expected: "a new or empty one",
      hint: "--resume continues it",
    });
  const { search } = before
    ? { search: before }
    : files.journal.append(sweep.line, (known) => known.search !== null);
  checkSame(search!, sweep.line, directory);
  for (const folder of ["specs", "trials"]) makeInnerFolder(join(directory, folder));
  return files;
}

function filesIn(directory: string): SweepFiles {
  const number = ({ trial }: Job) => String(trial).padStart(3, "0");
  return {
    directory,
    journal: new JournalFile(join(directory, "journal.jsonl")),
    workers: join(directory, "workers"),
    best: join(directory, "best.yaml"),
    leaderboard: join(directory, "leaderboard.csv"),
    specOf: (job) => join(directory, "specs", `${number(job)}.yaml`),
    runOf: (job) => join(directory, "trials", number(job)),
  };
}

/** Only the number of trials may differ from what the sweep began with. */
function checkSame(before: SearchLine, now: SearchLine, directory: string): void {
  const essence = ({ search: { trials: _, ...search }, spec }: SearchLine) =>
    JSON.parse(JSON.stringify({ search, spec }));
  const [then, here] = [essence(before), essence(now)];
  if (isDeepStrictEqual(then, here)) return;
  const changed = [...new Set([...Object.keys(then.spec), ...Object.keys(here.spec)])].filter(
    (section) => !isDeepStrictEqual(then.spec[section], here.spec[section]),
  );
  if (!isDeepStrictEqual(then.search, here.search)) changed.push("search");
  throw new UserError(exitCodes.usage, {
    file: directory,
    message: `the sweep was started with a different spec: ${changed.join(", ")} changed`,
    hint: "a changed spec is a new sweep: choose another --out, or undo the change",
  });
}
