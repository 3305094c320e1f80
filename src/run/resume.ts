/** Resumes a run from its newest checkpoint, if the spec is still the one it started with. */
import { isDeepStrictEqual } from "node:util";
import type { StoredCheckpoint } from "../checkpoint/checkpoint.ts";
import type { ResumePoint } from "../checkpoint/runDirectory.ts";
import { totalCells } from "../engine/matrix.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import type { Listener } from "../train/events.ts";
import { parseTrainingState } from "../train/trainingState.ts";
import type { Assembly } from "./assembly.ts";

/** What may change when a run is resumed: how long it trains and where files are. */
const mayChange = [
  /^name$/,
  /^train\.(?:epochs|max_steps|early_stopping|target|on_divergence|checkpoint)/,
  /^data\.(?:path|train|validation|test)\b/,
  /^init\b/,
  /^track\b/,
  /^calibration\b/,
];

/** What specs of older versions did not say, and what they meant. */
const unsaid: Readonly<Record<string, unknown>> = { "train.shards": 1 };

/** @throws UserError (exit code 2) that lists how the spec has changed */
export function resume(work: Assembly, { checkpoint, file }: ResumePoint, listen: Listener): void {
  const changes = differences(checkpoint.spec, work.network.spec, "").filter(
    ({ path, before, now }) =>
      !mayChange.some((pattern) => pattern.test(path)) && !(before === undefined && unsaid[path] === now),
  );
  if (changes.length > 0) throw new UserError(exitCodes.usage, changes.map(sentenceOf));
  const { calibration: _, ...fitted } = checkpoint.preprocessing as Record<string, unknown>;
  const { trained, ...now } = work.preprocessing;
  const known = "trained" in fitted && trained ? { ...now, trained } : now; // older versions knew no rows
  if (!isDeepStrictEqual(fitted, plain(known))) {
    throw new UserError(exitCodes.data, {
      message:
        "--resume: the data has changed since the run started: its rows, columns, classes or scaling differ",
      hint: "start a new run, or restore the old data",
    });
  }
  restore(work, checkpoint, `${file}.ckpt`);
  const { epoch, step } = checkpoint.training;
  listen({ event: "note", message: `resuming from epoch ${epoch}, update ${step}` });
}

/** Model and trainer as they were when the checkpoint was made. */
export function restore(
  { model, trainer }: Assembly,
  { parameters, buffers, training, optimizer }: StoredCheckpoint,
  file = "last.ckpt",
): void {
  model.load([...parameters, ...buffers], file);
  const shards = trainer.state.totals.length / totalCells.count;
  trainer.restore(parseTrainingState(training, file, shards), optimizer);
}

interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly now: unknown;
}

/** Every leaf in which two JSON values differ. */
function differences(before: unknown, now: unknown, path: string): Difference[] {
  if (isDeepStrictEqual(plain(before), plain(now))) return [];
  if (isList(before) && isList(now) && before.length === now.length)
    return before.flatMap((item, i) => differences(item, now[i], `${path}[${i}]`));
  if (!isObject(before) || !isObject(now)) return [{ path, before, now }];
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].flatMap((key) => differences(before[key], now[key], path ? `${path}.${key}` : key));
}

/** The hint is given once, with the last problem. */
function sentenceOf({ path, before, now }: Difference, index: number, all: readonly Difference[]): Problem {
  const show = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));
  const message = `--resume: ${path} was ${show(before)} when the run started and is ${show(now)} now`;
  const isLast = index === all.length - 1;
  return isLast
    ? { message, hint: "a changed spec is a new run: leave out --resume, or change it back" }
    : { message };
}

const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !isList(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
