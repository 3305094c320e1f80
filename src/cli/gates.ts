/** Quality gates of a model: `--fail-if 'accuracy<0.97'`, and `--baseline FILE` with the metrics of an earlier one. */
import { isUp } from "../metrics/metrics.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import { readText } from "../support/files.ts";
import { nearest } from "../support/nearest.ts";
import { comparisons } from "./condition.ts";
import { type Tolerance, type Value, WrongValue } from "./values.ts";

type Comparison = keyof typeof comparisons;

export interface Gate {
  readonly metric: string;
  readonly comparison: Comparison;
  readonly bound: number;
}

/** One gate as written on the command line. */
export const gate: Value<Gate> = {
  placeholder: "CONDITION",
  parse(written) {
    const match = /^\s*(\S(?:.*[^\s<>=!])?)\s*(<=|>=|==|!=|<|>)\s*([^<>=!\s]+)\s*$/s.exec(written);
    const [, metric = "", comparison = "", number = ""] = match ?? [];
    const bound = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(number) ? Number(number) : Number.NaN;
    if (match && Number.isFinite(bound)) return { metric, comparison: comparison as Comparison, bound };
    throw new WrongValue(
      `a metric, one of ${Object.keys(comparisons).join(" ")}, and a number`,
      "quote it, because the shell treats < and > as redirections: --fail-if 'accuracy<0.97'",
    );
  },
};

/** The gates that fail: those that are met, and those on a metric that is not a number. */
export function failedGates(gates: readonly Gate[], metrics: Readonly<Record<string, number>>): Gate[] {
  const unknown = gates.filter(({ metric }) => !Object.hasOwn(metrics, metric));
  if (unknown.length > 0)
    throw new UserError(
      exitCodes.usage,
      unknown.map((one) => unknownMetric(one, metrics)),
    );
  return gates.filter(({ metric, comparison, bound }) => {
    const value = metrics[metric]!;
    return Number.isNaN(value) || comparisons[comparison](value - bound);
  });
}

/** Figures of drift that gates can be put on: `drift.age`, and `drift`, the largest of all. */
export function driftFigures(
  drift: readonly { readonly column: string; readonly drift: number }[] | null | undefined,
): Readonly<Record<string, number>> {
  if (!drift || drift.length === 0) return {};
  const own = drift.map(({ column, drift }) => [`drift.${column}`, drift] as const);
  return { drift: Math.max(...drift.map(({ drift }) => drift)), ...Object.fromEntries(own) };
}

function unknownMetric({ metric }: Gate, metrics: Readonly<Record<string, number>>) {
  const known = Object.keys(metrics);
  const guess = nearest(metric, known);
  if (/^drift(\.|$)/.test(metric) && !Object.hasOwn(metrics, "drift"))
    return {
      message: `--fail-if: nothing tells "${metric}"`,
      expected:
        "--data with a table, for a model of this version, which has a profile of its training columns",
    };
  return {
    message: `--fail-if: there is no metric "${metric}"`,
    expected: `one of ${known.join(", ")}`,
    hint: guess && `did you mean "${guess}"?`,
  };
}

type Figures = Readonly<Record<string, unknown>>;

interface Measured {
  readonly model: string;
  readonly split: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A problem for each metric of the baseline that is now worse by more than the tolerance, or no longer defined. */
export function worseThan(file: string, tolerance: Tolerance | null, measured: Measured): Problem[] {
  const before = figuresIn(file, measured.split);
  const { size, isShare } = tolerance ?? { size: 0, isShare: false };
  return Object.entries(before).flatMap(([name, was]) => {
    const is = measured.metrics[name];
    if (typeof was !== "number" || is === undefined) return [];
    const worse = isUp(name) ? was - is : is - was;
    const allowed = isShare ? size * Math.abs(was) : size;
    if (worse <= allowed) return [];
    const now = Number.isNaN(worse) ? "is no longer defined" : `is ${short(is)}, worse by ${short(worse)}`;
    const message = `${name} ${now}; it was ${short(was)} in ${file}, and the tolerance is ${short(allowed)}`;
    return [{ file: measured.model, message }];
  });
}

/** The metrics of a summary's split, or of what `eval --json` printed. */
function figuresIn(file: string, split: string): Figures {
  const { metrics } = parse(file);
  if (!isObject(metrics)) throw unfit(file, "it has no metrics");
  if (Object.values(metrics).some((value) => typeof value === "number")) return metrics;
  const ofSplit = metrics[split];
  if (isObject(ofSplit)) return ofSplit;
  const splits = Object.keys(metrics).join(", ") || "no";
  throw unfit(file, `it has metrics of ${splits} rows, and these are of ${split} rows`);
}

function parse(file: string): Figures {
  try {
    const value: unknown = JSON.parse(readText(file));
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unfit(file, "it is not a JSON object");
}

function unfit(file: string, why: string): UserError {
  return new UserError(exitCodes.usage, {
    file,
    message: `--baseline: nothing to compare with, ${why}`,
    expected: "a run's summary.json, or the output of nnt eval --json",
  });
}

function isObject(value: unknown): value is Figures {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Six digits, without those that only doubles have. */
function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
