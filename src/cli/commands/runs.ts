/** `nnt runs`: the runs of a folder as a table or as JSON Lines, filtered and in order. */
import { basename } from "node:path";
import { isMetric, isUp } from "../../metrics/metrics.ts";
import { type TableOptions, table } from "../../report/table.ts";
import { count, counted, figure, time, widthOf } from "../../report/text.ts";
import { runsIn, valuesOfRun } from "../../run/listRuns.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import type { Action } from "../actions.ts";
import { compareValues, dotted } from "../condition.ts";

type Values = Record<string, unknown>;

export const runs: Action<"runs"> = async ({ out }, folder, { filter, json, ...options }) => {
  const all = runsIn(folder).map(valuesOfRun);
  const sort = options.sort === null ? null : dotted(options.sort);
  const asked = [...(options.show ?? []).map(dotted), ...(sort === null ? [] : [sort])];
  checkKeys(all, [...filter.map(({ key }) => key), ...asked]);
  const chosen = all.filter((run) => filter.every(({ key, holds }) => holds(run[key])));
  if (sort !== null) chosen.sort(orderBy(sort));
  if (json) {
    for (const run of chosen) await out.line(JSON.stringify(run));
    return 0;
  }
  const style = await out.style();
  if (chosen.length === 0) {
    await out.line(
      all.length > 0 ? `none of the ${counted(all.length, "run")} in ${folder} fits` : `no run in ${folder}`,
    );
    return 0;
  }
  const width = out.isTerminal ? out.columns : Number.POSITIVE_INFINITY;
  await out.line(draw(chosen, columnsFor(chosen, asked), asked, { width, title: style.dim }).join("\n"));
  return 0;
};

/** Told of every run that has them; each task has some. */
const usual = ["loss", "accuracy", "f1_macro", "rmse", "r2", "best_epoch", "epochs", "seconds"];

/** What goes first where room is short, unless it was asked for. */
const dispensable = ["reason", "best_epoch", "f1_macro", "r2", "seconds", "epochs", "loss"];

function draw(
  runs: readonly Values[],
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

function columnsFor(runs: readonly Values[], further: readonly string[]): string[] {
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

/** Figures the best first, all else upwards; runs without the key last. */
function orderBy(key: string): (a: Values, b: Values) => number {
  const isAbsent = (run: Values) => Number(run[key] === undefined || run[key] === null);
  return (a, b) => isAbsent(a) - isAbsent(b) || (isUp(key) ? -1 : 1) * compareValues(a[key], b[key]);
}

/** A key that no run has is a slip. */
function checkKeys(runs: readonly Values[], keys: readonly string[]): void {
  const known = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  const wrong = runs.length > 0 ? keys.filter((key) => !known.includes(key)) : [];
  if (wrong.length === 0) return;
  throw new UserError(
    exitCodes.usage,
    wrong.map((key) => {
      const guess = nearest(key, known);
      const hint = guess ? `did you mean ${guess}?` : "--json shows the keys there are";
      return { message: `no run has a "${key}"`, hint };
    }),
  );
}
