/** `nnt compare`: where runs differ, in what was asked for and in what came of it. */
import { basename } from "node:path";
import { pairRuns } from "../../evaluate/pairRuns.ts";
import {
  bestOf,
  type Comparison,
  compareRuns,
  intervalText,
  judgement,
  type Pairing,
  type Row,
  valueText,
} from "../../report/comparison.ts";
import { drawPlot } from "../../report/plot.ts";
import { plainStyle, type Style } from "../../report/style.ts";
import { type Column, table } from "../../report/table.ts";
import { count, cut, figure, widthOf, wrapped } from "../../report/text.ts";
import { readRun } from "../../run/listRuns.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { atomicWrite } from "../../support/files.ts";
import type { Action } from "../actions.ts";
import { kernelsChoice } from "../kernels.ts";

export const compare: Action<"compare"> = async ({ out, env }, _first, options, directories = []) => {
  if (directories.length < 2)
    throw new UserError(exitCodes.usage, {
      message: "one run alone has nothing to be compared with",
      expected: "the directories of two or more",
    });
  const runs = directories.map(readRun);
  const comparison = compareRuns(runs, await pairRuns(directories, kernelsChoice(options, env)));
  if (options.html !== null) {
    const { renderComparison } = await import("../../report/page/comparePage.ts");
    atomicWrite(options.html, [renderComparison(comparison)]);
    await out.line(options.html);
  } else if (options.json) await out.line(JSON.stringify(asJson(comparison)));
  else await out.line(draw(comparison, await out.style(), out.columns, out.isTerminal).join("\n"));
  return 0;
};

/** Rows as objects by key; curves are in the runs' own files. */
function asJson({ runs, spec, metrics, other, paired }: Comparison): object {
  const named = Object.entries({ spec, metrics, other }).map(([name, rows]) => [
    name,
    Object.fromEntries(rows),
  ]);
  const pairing = typeof paired === "string" ? { paired: null, unpaired: paired } : { paired };
  return { runs, ...Object.fromEntries(named), ...pairing };
}

function draw(comparison: Comparison, style: Style, width: number, isTerminal: boolean): string[] {
  const { spec, metrics, other, paired } = comparison;
  const runs = shortNames(comparison.runs);
  const side = (title: string, rows: readonly (readonly string[])[]) => {
    const columns: Column[] = [
      { title, least: leastKey },
      ...runs.map((name) => ({ title: name, align: "right" as const, least: 8 })),
    ];
    return rows.length > 0 ? table(columns, rows, { width, title: style.dim }) : [];
  };
  const plain = ([key, values]: Row) => [key, ...values.map(valueText)];
  const sections = [
    spec.length > 0 ? side("spec", spec.map(plain)) : ["The specs are the same."],
    side("figures", metrics.map(marked)),
    typeof paired === "string"
      ? [style.dim(paired)]
      : drawPairs(paired, runs, style, isTerminal ? width : Number.POSITIVE_INFINITY),
    side("other", other.map(plain)),
    drawCurves({ ...comparison, runs }, style, width),
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index > 0 ? ["", ...section] : section));
}

/** Enough of a figure's path to tell it from others. */
const leastKey = 24;

/** The directories' own names where they differ, else the whole paths. */
function shortNames(directories: readonly string[]): readonly string[] {
  const names = directories.map((directory) => basename(directory));
  return new Set(names).size === names.length ? names : directories;
}

/** A figure of every run, with a star at the best where there is one. */
function marked(row: Row): string[] {
  const best = bestOf(row);
  const [key, values] = row;
  return [
    key,
    ...values.map((value) =>
      typeof value !== "number" ? "" : value === best ? `* ${figure(value)}` : figure(value),
    ),
  ];
}

/** A column for each run, or where they would be cut, a line for each difference. */
function drawPairs(
  { split, rows, metrics, mcnemar }: Pairing,
  runs: readonly string[],
  style: Style,
  width: number,
): string[] {
  const cells = Object.entries(metrics).map(([name, pairs]) => [
    name,
    ...pairs.map((pair) => (pair ? `${intervalText(pair)} ${judgement(name, pair)}` : "–")),
  ]);
  const columns: Column[] = [{ title: "" }, ...runs.map((title) => ({ title, align: "right" as const }))];
  const beside = table(columns, cells, { width: Number.POSITIVE_INFINITY, title: style.dim });
  const below = cells.flatMap(([name = "", ...texts]) =>
    texts.slice(1).map((text, index) => [name, runs[index + 1]!, text]),
  );
  const fits = beside.every((line) => widthOf(line) <= width);
  const tests = (mcnemar ?? []).flatMap((test, index) =>
    test
      ? `${runs[index]} alone is right on ${count(test.onlySecond)} rows, ${runs[0]} alone on ${count(test.onlyFirst)}: McNemar’s p = ${figure(test.p)}`
      : [],
  );
  const what = `Differences from ${runs[0]} on the same ${count(rows)} ${split} rows, with 95 % intervals (paired bootstrap):`;
  return [
    ...wrapped(what, width),
    ...(fits ? beside : table([{}, { least: 8 }, {}], below, { width })),
    ...tests.flatMap((test) => wrapped(test, width)),
  ];
}

const plotHeight = 9;

/** The losses that runs are judged by, epoch by epoch, all in one plot; without colour, one plot after the other. */
function drawCurves({ runs, epochs }: Comparison, style: Style, width: number): string[] {
  const paints = [style.accent, style.warn, style.good, style.bad, style.bold];
  const hasValidation = epochs.every((list) => list.every(({ validation }) => validation));
  const curves = epochs.map((list, index) => ({
    name: runs[index]!,
    paint: paints[index % paints.length]!,
    points: list.map(
      ({ epoch, train, validation }) =>
        [epoch, (hasValidation ? validation : train)?.loss ?? Number.NaN] as const,
    ),
  }));
  const drawn = curves.filter(({ points }) => points.length > 1);
  if (drawn.length === 0) return [];
  const title = `${hasValidation ? "validation" : "train"} loss`;
  const size = { width, height: plotHeight };
  if (style === plainStyle)
    return drawn.flatMap((curve, index) => [
      ...(index > 0 ? [""] : []),
      cut(`${title} of ${curve.name}`, width),
      ...drawPlot([curve], size, style.dim),
    ]);
  const legend = drawn.map(({ name, paint }) => `${paint("──")} ${name}`);
  const line = [title, ...legend].join("  ");
  return [...(widthOf(line) <= width ? [line] : [title, ...legend]), ...drawPlot(drawn, size, style.dim)];
}
