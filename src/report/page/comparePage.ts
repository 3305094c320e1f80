/** Runs side by side as one page that needs nothing else: curves, intervals, figures, specs. */
import { basename } from "node:path";
import {
  bestOf,
  type Comparison,
  intervalText,
  judgement,
  type Pairing,
  type Row,
  valueText,
} from "../comparison.ts";
import { count, figure } from "../text.ts";
import { asset } from "./asset.ts";
import { type Html, html, jsonScript } from "./html.ts";
import { chart, section } from "./sections.ts";

const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

export function renderComparison(comparison: Comparison): string {
  const { runs, spec, metrics, other, paired } = comparison;
  const curves = curvesOf(comparison);
  const plain = ([, values]: Row) => values.map((value) => html`<td>${valueText(value)}</td>`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${runs.map(shortName).join(" · ")} · nnt compare</title>
<link rel="icon" href="data:,">
<style>${asset("style.css")}</style>
</head>
<body>
<header>
<p class="kind">${count(runs.length)} runs compared</p>
<h1>${headline(comparison)}</h1>
</header>
<main id="main">
${curves.length > 0 && section("curves", "Curves", "Epoch by epoch. Drag across a chart to zoom, double-click to reset.", [html`<div class="grid">${curves.map(({ name }, index) => chart(`curve:${index}`, name))}</div>`])}
${typeof paired === "string" ? section("paired", "More than chance?", paired, []) : pairs(paired, runs)}
${section("figures", "Metrics", "For each run’s best model; the best value is bold.", [sideBySide(runs, metrics, figures)])}
${section("spec", "Specs", spec.length > 0 ? "Where they differ." : "They are the same.", spec.length > 0 ? [sideBySide(runs, spec, plain)] : [])}
${other.length > 0 && section("other", "Other", "", [sideBySide(runs, other, plain)])}
</main>
<footer>This page is self-contained: it loads nothing.</footer>
${jsonScript("data", { runs: runs.map(shortName), curves })}
<script>${asset("chart.js")}${asset("compare.js")}</script>
</body>
</html>
`.text;
}

const shortName = (directory: string) => basename(directory) || directory;

/** The clearest thing that can be said. */
function headline({ runs, paired }: Comparison): string {
  const names = runs.map(shortName);
  if (typeof paired === "string") return names.join(" and ");
  const [metric, differences] = Object.entries(paired.metrics)[0] ?? ["", []];
  const said = differences.flatMap((pair, index) => {
    const verdict = pair && judgement(metric, pair);
    return !verdict || verdict === "unclear" ? [] : [`${names[index]} is ${verdict}`];
  });
  if (said.length === 0) return `By ${metric}, no run is clearly better or worse than ${names[0]}`;
  return `By ${metric}, ${said.join(", ")} than ${names[0]}`;
}

function pairs({ split, rows, metrics, mcnemar }: Pairing, runs: readonly string[]): Html {
  const lead = `Differences from ${shortName(runs[0]!)} on the same ${count(rows)} ${split} rows, with 95 % intervals by paired bootstrap. An interval that excludes 0 is more than chance.`;
  const lines = Object.entries(metrics).flatMap(([metric, differences]) => {
    const most = Math.max(
      ...differences.flatMap((pair) => (pair ? [Math.abs(pair.low), Math.abs(pair.high)] : [])),
    );
    const at = (value: number) => 50 + (48 * value) / (most || 1);
    return differences.map((pair, index) => {
      if (!pair) return null;
      const test = metric === "accuracy" ? mcnemar?.[index] : null;
      const verdict = judgement(metric, pair);
      const place = `left:${at(pair.low).toFixed(1)}%;width:${(at(pair.high) - at(pair.low)).toFixed(1)}%`;
      return html`<tr><th scope="row" class="text">${metric}</th><td class="text">${shortName(runs[index]!)}</td><td>${intervalText(pair)}</td><td class="interval"><i class="${verdict}" style="${place}"></i><b style="left:${at(pair.difference).toFixed(1)}%"></b></td><td class="text said">${verdict}${test ? `; McNemar’s p = ${figure(test.p)} (${count(test.onlySecond)} rows right in this run only, ${count(test.onlyFirst)} in the first only)` : ""}</td></tr>`;
    });
  });
  return section("paired", "More than chance?", lead, [
    html`<div class="scroll" tabindex="0" role="region" aria-label="Paired differences"><table class="pairs"><thead><tr><th scope="col" class="text">metric</th><th scope="col" class="text">run</th><th scope="col">difference</th><th scope="col" class="text"><span class="hidden">interval around 0</span></th><th scope="col" class="text">verdict</th></tr></thead><tbody>${lines}</tbody></table></div>`,
  ]);
}

function figures(row: Row): Html[] {
  const best = bestOf(row);
  return row[1].map((value) => {
    if (typeof value !== "number") return html`<td></td>`;
    return html`<td>${value === best ? html`<b>${figure(value)}</b>` : figure(value)}</td>`;
  });
}

function sideBySide(runs: readonly string[], rows: readonly Row[], cells: (row: Row) => Html[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Side by side"><table><thead><tr><th scope="col" class="text"><span class="hidden">key</span></th>${runs.map((run) => html`<th scope="col" title="${run}">${shortName(run)}</th>`)}</tr></thead><tbody>${rows.map(
    (row) => html`<tr><th scope="row" class="text">${row[0]}</th>${cells(row)}</tr>`,
  )}</tbody></table></div>`;
}

const mostPoints = 1000;

/** A chart for each figure of the epochs, with a curve for each run that has it. */
function curvesOf({ epochs }: Comparison) {
  const names = [
    ...new Set(
      epochs.flatMap((list) =>
        list.flatMap((epoch) =>
          (["validation", "train"] as const).flatMap((split) =>
            Object.keys(epoch[split] ?? {}).map((name) => `${split} ${name}`),
          ),
        ),
      ),
    ),
  ];
  return names.map((name) => {
    const [split, figure] = name.split(" ") as ["train" | "validation", string];
    const curves = epochs.map((list) => {
      const every = Math.ceil(list.length / mostPoints);
      const kept = list.filter((_, index) => (list.length - 1 - index) % every === 0);
      const value = (value: number | undefined) =>
        value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
      return { x: kept.map(({ epoch }) => epoch), y: kept.map((epoch) => value(epoch[split]?.[figure])) };
    });
    return { name, curves };
  });
}
