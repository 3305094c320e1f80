/** `summary.json`: the result of a run, for people and scripts; nothing is resumed or reproduced from it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runFiles } from "../checkpoint/runDirectory.ts";
import { readSeeds } from "../checkpoint/seedsDirectory.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { readInside } from "../support/inside.ts";
import type { BaselineFigures, Figures, Spread, StopReason } from "../train/events.ts";

/** The result of cross-validation. */
export interface Folds {
  readonly count: number;
  /** Over the folds, each evaluated by the model that was trained without it. */
  readonly metrics: Readonly<Record<string, Spread>>;
}

export interface Summary {
  readonly name: string;
  readonly reason: StopReason;
  /** Metrics of the best model, by split. */
  readonly metrics: Readonly<Record<string, Figures>>;
  /** Of a cross-validation. */
  readonly folds?: Folds;
  /** By split, the middle 95 % of these metrics over bootstrap samples of the rows; old summaries have none. */
  readonly intervals?: Readonly<
    Record<string, Readonly<Record<string, readonly [low: number, high: number]>>>
  >;
  /** What simpler answers come to. */
  readonly baselines?: BaselineFigures;
  readonly monitor: { readonly metric: string; readonly value: number | null };
  readonly best_epoch: number;
  readonly epochs: number;
  readonly steps: number;
  readonly parameters: number;
  /** Of this process: a resumed run counts its own time only. */
  readonly seconds: number;
  /** Of the final weights, in last.ckpt. */
  readonly weights_sha256: string;
  readonly best_weights_sha256: string;
  readonly seed: number;
  readonly kernels: {
    readonly backend: string;
    readonly threads: number;
    /** False: another machine may get other bits. */
    readonly fused: boolean;
    readonly description: string;
  };
  /** Of several that shared the work; what it cost the first of them. */
  readonly processes?: {
    readonly count: number;
    readonly hosts: readonly string[];
    /** Of gradients and outputs. */
    readonly bytes_sent: number;
    /** In which it computed nothing because others had not sent yet. */
    readonly seconds_waiting: number;
  };
  readonly versions: { readonly nnt: string; readonly node: string; readonly v8: string };
  readonly platform: string;
  /** Where the spec's relative paths start. */
  readonly spec_directory: string;
}

/** The start of relative paths in the spec of the runs in this directory; null where no run says it. */
export function specDirectory(directory: string): string | null {
  const file = join(directory, runFiles.summary);
  const { spec_directory } = existsSync(file) ? parse(file) : (readSeeds(directory) ?? {});
  return typeof spec_directory === "string" ? spec_directory : null;
}

/** The summary of a finished run. @throws UserError (exit code 5) if it cannot be read or is damaged */
export function readSummary(file: string): Summary {
  const summary: Partial<Summary> = parse(file) as Partial<Summary>;
  if (isWhole(summary)) return summary as Summary;
  throw new UserError(exitCodes.io, {
    file,
    message: "the summary is damaged",
    hint: "nnt train … --resume writes it again",
  });
}

/** Names to numbers; JSON has null for those that are not finite. */
export function isFigures(value: unknown): value is Figures {
  return isObject(value) && Object.values(value).every((one) => one === null || typeof one === "number");
}

const numbers = ["best_epoch", "epochs", "steps", "parameters", "seconds", "seed"] as const;
const texts = ["name", "reason", "weights_sha256", "best_weights_sha256", "platform"] as const;

/** Whether a value, whoever wrote it, is what the rest of the program takes a summary for. */
function isWhole(summary: Partial<Record<keyof Summary, unknown>>): boolean {
  const { metrics, monitor, kernels, versions, intervals = {}, folds } = summary;
  const isList = (of: unknown) => isObject(of) && Object.values(of).every(isInterval);
  return (
    numbers.every((name) => typeof summary[name] === "number") &&
    texts.every((name) => typeof summary[name] === "string") &&
    isObject(metrics) &&
    Object.values(metrics).every(isFigures) &&
    isObject(monitor) &&
    typeof monitor.metric === "string" &&
    isFigures({ value: monitor.value }) &&
    isObject(kernels) &&
    [kernels.backend, kernels.description].every((text) => typeof text === "string") &&
    isObject(versions) &&
    Object.values(versions).every((version) => typeof version === "string") &&
    isObject(intervals) &&
    Object.values(intervals).every(isList) &&
    (folds === undefined || (isObject(folds) && isObject(folds.metrics)))
  );
}

function isInterval(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && isFigures({ ...value });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A summary that is no JSON says nothing: it is a by-product, and its loss no reason to fail. */
function parse(file: string): { spec_directory?: unknown } {
  try {
    const value: unknown = JSON.parse(readInside(file).toString("utf8"));
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
