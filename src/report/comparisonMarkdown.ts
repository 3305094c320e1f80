/** Runs side by side as Markdown, for a step's summary and a comment on a pull request. */
import { bestOf, type Comparison, intervalText, judgement, type Pairing, valueText } from "./comparison.ts";
import { code, type Markdown, markdownTable, md } from "./markdown.ts";
import { count, figure } from "./text.ts";

/** The specs' differences, the metrics with the best one bold, and what is more than chance. */
export function comparisonMarkdown({ runs, spec, metrics, paired }: Comparison): string {
  const names = runs.map((run) => code(run));
  const settings = spec.map(([key, values]) => [
    code(key),
    ...values.map((value) => (value === undefined ? "–" : code(valueText(value)))),
  ]);
  const figures = metrics.map((row) => [row[0], ...row[1].map((value) => emphasised(value, bestOf(row)))]);
  return [
    md`### ${code(runs[0]!)} and ${runs.length === 2 ? code(runs[1]!) : `${runs.length - 1} others`}`.text,
    "",
    ...(settings.length > 0 ? [...markdownTable(["spec", ...names], settings), ""] : []),
    ...markdownTable(["", ...names], figures),
    "",
    ...(typeof paired === "string" ? [md`${paired}`.text] : pairsOf(paired, runs, names)),
    "",
    "",
  ].join("\n");
}

function emphasised(value: unknown, best: number | undefined): Markdown | string {
  if (typeof value !== "number") return "";
  return value === best ? md`**${figure(value)}**` : figure(value);
}

function pairsOf(
  { split, rows, metrics }: Pairing,
  runs: readonly string[],
  names: readonly Markdown[],
): string[] {
  const cells = Object.entries(metrics).map(([name, pairs]) => [
    name,
    ...pairs.slice(1).map((pair) => (pair ? `${intervalText(pair)} ${judgement(name, pair)}` : "–")),
  ]);
  return [
    md`Differences from ${code(runs[0]!)} on the same ${count(rows)} ${split} rows, with 95 % intervals (paired bootstrap):`
      .text,
    "",
    ...markdownTable(["", ...names.slice(1)], cells),
  ];
}
