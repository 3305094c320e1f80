/** Runs side by side on a terminal: tables of what differs, paired differences, and curves. */
import { basename } from "node:path";
import {
  bestOf,
  type Comparison,
  intervalText,
  judgement,
  type Pairing,
  type Row,
  valueText,
} from "./comparison.ts";
import { drawPlot } from "./plot.ts";
import { plainStyle, type Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { count, cut, figure, widthOf, wrapped } from "./text.ts";

export function drawComparison(
  comparison: Comparison,
  style: Style,
  width: number,
  isTerminal: boolean,
): string[] {
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
    side("metrics", metrics.map(marked)),
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

/** Enough of a metric's path to tell it from others. */
const leastKey = 24;

/** The directories' own names where they differ, else the whole paths. */
function shortNames(directories: readonly string[]): readonly string[] {
  const names = directories.map((directory) => basename(directory));
  return new Set(names).size === names.length ? names : directories;
}

/** A metric of every run, with a star at the best where there is one. */
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
