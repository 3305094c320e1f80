/** What a finished run and a measured model look like: figures by split, and what to do next. */
import { join } from "node:path";
import type { SeedsEnd } from "../run/seeds.ts";
import type { BaselineFigures, EndEvent, Figures, Spread, StopReason } from "../train/events.ts";
import type { Style } from "./style.ts";
import { facts, table } from "./table.ts";
import { printable } from "./terminal.ts";
import { count, figure, quantity, time } from "./text.ts";

export const reasons = {
  epochs: "all epochs done",
  max_steps: "all steps done",
  early_stopping: "stopped early: no further improvement",
  target: "stopped: target reached",
  max_time: "stopped: time limit reached",
  paused: "paused after the requested epoch",
  SIGINT: "stopped by SIGINT",
  SIGTERM: "stopped by SIGTERM",
  SIGHUP: "stopped by SIGHUP",
  aborted: "stopped by the program that had it trained",
} as const satisfies Record<StopReason, string>;

export interface RunSummary {
  readonly end: EndEvent;
  readonly model: string;
  /** Command lines to try next. */
  readonly next: readonly string[];
}

/** The final table of a run: figures of the best model by split, then the facts. */
export function drawSummary({ end, model, next }: RunSummary, style: Style, width: number): string[] {
  const { monitor, best_epoch: best, epoch, seconds, parameters, weights_sha256: sha256 } = end;
  const value = monitor.value === null ? "never finite" : figure(monitor.value);
  const said: [string, string][] = [
    ["best epoch", `${best} of ${epoch}, by ${monitor.metric} ${value}; ${reasons[end.reason]}`],
    ...(end.still_improving ? [["longer", longer(end)] as [string, string]] : []),
    ...(end.baselines ? [["baseline", besideBaselines(end.metrics, end.baselines)] as [string, string]] : []),
    ["time", time(seconds)],
    ["parameters", count(parameters)],
    ["weights", `sha256 ${sha256}`],
    ["saved", style.bold(printable(model))],
  ];
  if (end.folds)
    said.push([
      "folds",
      `${printable(join(end.directory, "out_of_fold.csv"))} has each fold's predictions, by a model trained without its rows`,
    ]);
  next.forEach((line, index) => {
    said.push([index === 0 ? "next" : "", printable(line)]);
  });
  const figures =
    Object.keys(end.metrics).length > 0 ? [...drawFigures(end.metrics, style, width, end.folds), ""] : [];
  return [...figures, ...facts(said, style.dim)];
}

function longer({ epoch, directory }: EndEvent): string {
  return `still improving at its last epoch: nnt resume ${printable(directory)} --epochs ${2 * epoch} goes on`;
}

/** How the last split's figure stands beside those of simpler answers: plainly, also where they are as good. */
function besideBaselines(splits: EndEvent["metrics"], { metric, constant, linear }: BaselineFigures): string {
  const own = Object.values(splits).at(-1)?.[metric] ?? Number.NaN;
  const isError = metric === "rmse";
  const simple = isError ? "the mean" : "the most frequent class";
  const others = [
    ...(linear === null ? [] : [{ name: "a linear model", value: linear }]),
    { name: simple, value: constant },
  ];
  const best = others.reduce((a, b) => (b.value < a.value === isError ? b : a));
  const shown = others.map(({ name, value }) => `${quantity(value)} of ${name}`).join(" and ");
  const isBetter = isError ? own < best.value : own > best.value;
  const error = (value: number) => (isError ? value : 1 - value);
  const share = Math.round(100 * (1 - error(own) / error(best.value)));
  const better = isError ? `${share} % less` : `${share} % fewer errors`;
  return `${metric} ${quantity(own)} beside ${shown}: ${isBetter ? better : `no better than ${best.name}`}`;
}

/** What several seeds came to: of each figure the runs' mean and deviation, and the ensemble's. */
export function drawSeeds(end: SeedsEnd, next: readonly string[], style: Style, width: number): string[] {
  const splits = Object.keys(end.spread);
  const metrics = [...new Set(splits.flatMap((split) => Object.keys(end.spread[split]!)))];
  const rows = metrics.map((metric) => [
    metric,
    ...splits.flatMap((split) => {
      const [one, all] = [end.spread[split]![metric], end.metrics[split]?.[metric]];
      return [one ? spread(one) : "", all === undefined ? "" : figure(all)];
    }),
  ]);
  const titles = splits.flatMap((split) => [`${split}, mean ± sd`, "ensemble"]);
  const columns = [{ title: "", least: 8 }, ...titles.map((title) => ({ title, align: "right" as const }))];
  const { seeds, interrupted, seconds, parameters, weights_sha256: sha256, model } = end;
  const said: [string, string][] = [
    ["seeds", `${seeds.join(", ")}${interrupted ? `; ${reasons[interrupted]}` : ""}`],
    ["time", time(seconds)],
    ["parameters", count(parameters)],
    ...(sha256 ? ([["weights", `sha256 ${sha256}`]] as [string, string][]) : []),
    ["saved", style.bold(printable(model ?? end.directory))],
    ...next.map((line, index): [string, string] => [index === 0 ? "next" : "", printable(line)]),
  ];
  const figures = rows.length > 0 ? [...table(columns, rows, { width, title: style.dim }), ""] : [];
  return [...figures, ...facts(said, style.dim)];
}

/**
 * Metrics as rows, splits as columns: there are many of the former and three of the latter. Figures over folds are a
 * last column.
 */
export function drawFigures(
  splits: Readonly<Record<string, Figures>>,
  style: Style,
  width: number,
  folds?: EndEvent["folds"],
): string[] {
  const names = Object.keys(splits);
  const metrics = [...new Set(names.flatMap((split) => Object.keys(splits[split]!)))];
  const overFolds = folds?.metrics ?? {};
  const rows = metrics.map((metric) => [
    metric,
    ...names.map((split) => {
      const value = splits[split]![metric];
      return value === undefined ? "" : figure(value);
    }),
    ...(folds ? [overFolds[metric] ? spread(overFolds[metric]) : ""] : []),
  ]);
  const titles = [...names, ...(folds ? [`${folds.count} folds`] : [])];
  const columns = [{ title: "", least: 8 }, ...titles.map((title) => ({ title, align: "right" as const }))];
  return table(columns, rows, { width, title: style.dim });
}

/** `0.953 ± 0.018`: mean and deviation. */
export function spread({ mean, sd }: Spread): string {
  return `${figure(mean)} ± ${figure(sd)}`;
}
