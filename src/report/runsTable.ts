/** The runs of a folder as a table: a line per run, a column per key. */
import { basename } from "node:path";
import { isMetric } from "../metrics/metrics.ts";
import { type TableOptions, table } from "./table.ts";
import { count, figure, time, widthOf } from "./text.ts";

/** What is known of a run, by dotted key. */
export type RunValues = Readonly<Record<string, unknown>>;

/** Columns shown if any run has them; each task has some. */
const usual = ["loss", "accuracy", "f1_macro", "rmse", "r2", "best_epoch", "epochs", "seconds"];

/** Columns dropped first where the width is short, unless they were asked for. */
const dispensable = ["reason", "best_epoch", "f1_macro", "r2", "seconds", "epochs", "loss"];

/** The usual columns, those asked for and the reason why each run ended; fewer where the width is short. */
export function drawRuns(
  runs: readonly RunValues[],
  asked: readonly string[],
  options: TableOptions,
): string[] {
  return draw(runs, columnsFor(runs, asked), asked, options);
}

function draw(
  runs: readonly RunValues[],
  keys: readonly string[],
  asked: readonly string[],
  options: TableOptions,
): string[] {
  const columns = keys.map((key) =>
    key === "directory" || key === "reason"
      ? { title: key, least: 8 }
      : { title: key, align: "right" as const },
  );
  const rows = runs.map((run) => keys.map((key) => cell(key, run[key])));
  const whole = table(columns, rows, { ...options, width: Number.POSITIVE_INFINITY });
  if (whole.every((line) => widthOf(line) <= options.width)) return whole;
  const needless = dispensable.find((key) => keys.includes(key) && !asked.includes(key));
  if (needless === undefined) return table(columns, rows, options);
  return draw(
    runs,
    keys.filter((key) => key !== needless),
    asked,
    options,
  );
}

function columnsFor(runs: readonly RunValues[], further: readonly string[]): string[] {
  const present = usual.filter((key) => runs.some((run) => typeof run[key] === "number"));
  return [...new Set(["directory", ...present, ...further, "reason"])];
}

function cell(key: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (key === "directory") return basename(String(value));
  if (key === "seconds") return time(Number(value));
  if (typeof value !== "number") return typeof value === "string" ? value : JSON.stringify(value);
  return Number.isInteger(value) && !isFigure(key) ? count(value) : figure(value);
}

const isFigure = (key: string) => {
  const name = key.split(".").at(-1)!;
  return name === "loss" || isMetric(name);
};
