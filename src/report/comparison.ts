/** Runs side by side: what is the same and what is not, as rows that a terminal and a page draw. Knows no files. */
import { isDeepStrictEqual } from "node:util";
import { isUp } from "../metrics/metrics.ts";
import type { McNemar, PairedDifference } from "../metrics/paired.ts";
import type { StoredRun } from "../run/storedRuns.ts";
import { flat } from "../support/flat.ts";
import type { EpochEvent } from "../train/events.ts";
import { figure } from "./text.ts";

/** One key's value in every run, in their order; undefined where a run has none. */
export type Row = readonly [key: string, values: readonly unknown[]];

/** Differences from the first run over the very same rows; null for the first itself. */
export interface Pairing {
  readonly split: string;
  readonly rows: number;
  readonly metrics: Readonly<Record<string, readonly (PairedDifference | null)[]>>;
  /** Where there is an accuracy. */
  readonly mcnemar: readonly (McNemar | null)[] | null;
}

export interface Comparison {
  readonly runs: readonly string[];
  readonly spec: readonly Row[];
  readonly metrics: readonly Row[];
  readonly other: readonly Row[];
  /** Or why there is none. */
  readonly paired: Pairing | string;
  readonly epochs: readonly (readonly EpochEvent[])[];
}

export function compareRuns(runs: readonly StoredRun[], paired: Pairing | string): Comparison {
  return {
    runs: runs.map(({ directory }) => directory),
    spec: rowsOf(runs.map(({ spec }) => flat(spec ?? {}))).filter(differs),
    metrics: rowsOf(runs.map((run) => flat(figuresOf(run)))),
    other: rowsOf(runs.map(factsOf)).filter(differs),
    paired,
    epochs: runs.map(({ epochs }) => epochs),
  };
}

/** The value of a figure's row that is best; undefined where all are the same. */
export function bestOf([key, values]: Row): number | undefined {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length === 0 || !differs([key, values])) return undefined;
  return isUp(key) ? Math.max(...numbers) : Math.min(...numbers);
}

/** What an interval says of a run against the first. */
export function judgement(key: string, { low, high }: PairedDifference): "better" | "worse" | "unclear" {
  if (low <= 0 && high >= 0) return "unclear";
  return low > 0 === isUp(key) ? "better" : "worse";
}

/** `+0.0123 [0.0040, 0.0206]`. */
export function intervalText({ difference, low, high }: PairedDifference): string {
  return `${signed(difference)} [${signed(low)}, ${signed(high)}]`;
}

const signed = (value: number) => (value > 0 ? `+${figure(value)}` : figure(value));

export function valueText(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Of a run that is not finished, those of its last epoch. */
function figuresOf({ summary, epochs }: StoredRun): object {
  if (summary) return summary.metrics;
  const { train, validation } = epochs.at(-1) ?? {};
  return { ...(train && { train }), ...(validation && { validation }) };
}

function factsOf({ summary, epochs }: StoredRun): Record<string, unknown> {
  if (!summary) return { epochs: epochs.length, reason: "unfinished" };
  const { reason, best_epoch, parameters, seconds, weights_sha256 } = summary;
  const rounded = Number(seconds.toPrecision(3));
  const kernels = summary.kernels.description;
  const facts = { epochs: summary.epochs, best_epoch, reason, parameters, seconds: rounded, kernels };
  return { ...facts, weights: weights_sha256.slice(0, 12) };
}

function rowsOf(runs: readonly Record<string, unknown>[]): Row[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  return keys.map((key) => [key, runs.map((run) => run[key])]);
}

function differs([, values]: Row): boolean {
  return !values.every((value) => isDeepStrictEqual(value, values[0]));
}
