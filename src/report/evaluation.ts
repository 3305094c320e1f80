/** What a measured model looks like: its figures with their intervals, class by class and slice by slice. */

import type { EvaluateResult } from "../evaluate/evaluate.ts";
import { isMetric, isTelling } from "../metrics/metrics.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { named, printable } from "./terminal.ts";
import { count, counted, figure, widthOf } from "./text.ts";

const right = { align: "right" } as const;

export function drawEvaluation(
  result: Omit<EvaluateResult, "warnings">,
  style: Style,
  width: number,
): string[] {
  const draw = (columns: readonly Column[], rows: readonly (readonly string[])[]) =>
    table(columns, rows, { width, title: style.dim });
  const sections = [
    [`${printable(result.model)}: ${counted(result.rows, "row")}`],
    draw(...figures(result, result.confusion?.length ?? Number.POSITIVE_INFINITY)),
    result.per_class ? draw(...classes(result.per_class)) : [],
    result.confusion ? confusion(result.confusion, result.per_class!, style, width) : [],
    result.slices ? draw(...slices(result.slices)) : [],
    result.drift ? drifts(result.drift, draw) : [],
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, i) => (i > 0 ? ["", ...section] : section));
}

type Drawing = [columns: readonly Column[], rows: readonly (readonly string[])[]];

function figures(
  { metrics, intervals, split }: Pick<EvaluateResult, "metrics" | "intervals" | "split">,
  classes: number,
): Drawing {
  const columns = [{ title: "", least: 8 }, { title: split, ...right }, { title: "95 % interval" }];
  const rows = Object.entries(metrics)
    .filter(([name]) => !isMetric(name) || isTelling(name, classes))
    .map(([name, value]) => [name, figure(value), range(intervals[name])]);
  return [columns, rows];
}

function classes(perClass: NonNullable<EvaluateResult["per_class"]>): Drawing {
  const columns = [
    { title: "class", least: 6 },
    { title: "precision", ...right },
    { title: "recall", ...right },
    { title: "f1", ...right },
    { title: "95 % interval of f1" },
    { title: "rows", ...right },
  ];
  const rows = perClass.map(({ class: name, precision, recall, f1, support, intervals }) => [
    named(name),
    ...[precision, recall, f1].map(figure),
    range(intervals.f1 ?? undefined),
    count(support),
  ]);
  return [columns, rows];
}

/** Nothing where it is too wide to be read. */
function confusion(
  matrix: readonly (readonly number[])[],
  perClass: NonNullable<EvaluateResult["per_class"]>,
  style: Style,
  width: number,
): string[] {
  const names = perClass.map(({ class: name }) => named(name));
  const columns = [{ title: "true \\ predicted" }, ...names.map((title) => ({ title, ...right }))];
  const rows = matrix.map((row, c) => [names[c]!, ...row.map((cell) => (cell === 0 ? "·" : count(cell)))]);
  const lines = table(columns, rows, { width: Number.POSITIVE_INFINITY, title: style.dim });
  return lines.every((line) => widthOf(line) <= width) ? lines : [];
}

/** Columns of which drift is told one by one. */
const mostDrifts = 12;

function drifts(
  all: NonNullable<EvaluateResult["drift"]>,
  draw: (columns: readonly Column[], rows: readonly (readonly string[])[]) => string[],
): string[] {
  const drifted = all.filter(({ drift }) => drift > 0);
  if (drifted.length === 0) return [`drift   none in ${counted(all.length, "column")} beyond chance`];
  const share = (of: number) => `${figure(100 * of)} %`;
  const columns = [
    { title: "drift", least: 6 },
    ...["psi", "by chance", "missing", "in training", "outside"].map((title) => ({ title, ...right })),
  ];
  const rows = drifted
    .slice(0, mostDrifts)
    .map(({ column, psi, chance, missing: [then, now], outside }) => [
      named(column),
      figure(psi),
      figure(chance),
      ...[now, then, outside].map(share),
    ]);
  const more = drifted.length - mostDrifts;
  return [...draw(columns, rows), ...(more > 0 ? [`and ${counted(more, "more column")}`] : [])];
}

/** Figures that fit beside a value, the most telling first. */
const shown = ["accuracy", "f1_macro", "roc_auc", "rmse", "mae", "r2"];

function slices({ column, of }: NonNullable<EvaluateResult["slices"]>): Drawing {
  const names = shown.filter((name) => of.some(({ metrics }) => name in metrics)).slice(0, 3);
  const columns = [
    { title: printable(column), least: 6 },
    { title: "rows", ...right },
    ...names.flatMap((title) => [{ title, ...right }, { title: "95 % interval" }]),
  ];
  const rows = of.map(({ value, rows, metrics, intervals }) => [
    named(value),
    count(rows),
    ...names.flatMap((name) => [figure(metrics[name] ?? Number.NaN), range(intervals[name])]),
  ]);
  return [columns, rows];
}

function range(interval: readonly [number, number] | undefined): string {
  return interval ? `${figure(interval[0])} … ${figure(interval[1])}` : "";
}
