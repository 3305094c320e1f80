/** `--baseline FILE`: the figures of an earlier model, and which of a new one's are worse. */
import { isUp } from "../metrics/metrics.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import { readText } from "../support/files.ts";
import type { Tolerance } from "./values.ts";

type Figures = Readonly<Record<string, unknown>>;

interface Measured {
  readonly model: string;
  readonly split: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A problem for each figure of the baseline that is now worse by more than the tolerance, or no longer defined. */
export function worseThan(file: string, tolerance: Tolerance | null, measured: Measured): Problem[] {
  const before = figuresIn(file, measured.split);
  const { size, isShare } = tolerance ?? { size: 0, isShare: false };
  return Object.entries(before).flatMap(([name, was]) => {
    const is = measured.metrics[name];
    if (typeof was !== "number" || is === undefined) return [];
    const worse = isUp(name) ? was - is : is - was;
    const allowed = isShare ? size * Math.abs(was) : size;
    if (worse <= allowed) return [];
    const now = Number.isNaN(worse) ? "is not defined any more" : `is ${short(is)}, worse by ${short(worse)}`;
    const message = `${name} ${now}; it was ${short(was)} in ${file}, and ${short(allowed)} is tolerated`;
    return [{ file: measured.model, message }];
  });
}

/** Of a summary's split, or of what `eval --json` printed. */
function figuresIn(file: string, split: string): Figures {
  const { metrics } = parse(file);
  if (!isObject(metrics)) throw unfit(file, "it has no metrics");
  if (Object.values(metrics).some((value) => typeof value === "number")) return metrics;
  const ofSplit = metrics[split];
  if (isObject(ofSplit)) return ofSplit;
  const splits = Object.keys(metrics).join(", ") || "no rows";
  throw unfit(file, `it has figures of ${splits}, and these are of ${split} rows`);
}

function parse(file: string): Figures {
  try {
    const value: unknown = JSON.parse(readText(file));
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unfit(file, "it is no JSON object");
}

function unfit(file: string, why: string): UserError {
  return new UserError(exitCodes.usage, {
    file,
    message: `--baseline cannot be compared with: ${why}`,
    expected: "a run's summary.json, or what nnt eval --json printed",
  });
}

function isObject(value: unknown): value is Figures {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Six digits, without those that only doubles have. */
function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
