/** The sections of a report that every task has. */

import type { ReportData } from "../../run/reportData.ts";
import type { EpochEvent } from "../../train/events.ts";
import { reasons, spread } from "../summary.ts";
import { count, figure, time } from "../text.ts";
import { Html, html } from "./html.ts";
import { landscapeSvg } from "./landscape.ts";
import { percent, verdict } from "./verdict.ts";

export function header(data: ReportData): Html {
  const { summary, start } = data;
  const { headline, remarks } = verdict(data);
  const bestIs = summary.monitor.value === null ? "never finite" : figure(summary.monitor.value);
  const tiles = [
    ...headlineFigures(data),
    ["best epoch", `${summary.best_epoch} of ${summary.epochs}`, `${summary.monitor.metric} ${bestIs}`],
    ["parameters", count(summary.parameters), `${start.inputs} → ${start.outputs}`],
    ["time", time(summary.seconds), reasons[summary.reason]],
  ] as const;
  return html`<a class="skip" href="#main">Skip to the report</a>
<header>
<p class="kind"><span class="name">${summary.name}</span> <span class="badge">${start.task}</span></p>
<h1>${headline}</h1>
${remarks.map((remark) => html`<p class="remark">${remark}</p>`)}
<dl class="tiles">${tiles.map(
    ([name, value, note]) =>
      html`<div class="tile"><dt>${name}</dt><dd><strong>${value}</strong><span>${note}</span></dd></div>`,
  )}</dl>
</header>`;
}

/** Up to three figures worth a tile. */
function headlineFigures({ summary, diagnosis }: ReportData): [string, string, string][] {
  if (!diagnosis) return [];
  const metrics = summary.metrics[diagnosis.split] ?? {};
  const shares = new Set(["accuracy", "f1_macro", "roc_auc", "r2", "balanced_accuracy"]);
  const wanted = ["accuracy", "f1_macro", "r2", "rmse", "mae", "loss"];
  return wanted
    .filter((name) => metrics[name] !== undefined)
    .slice(0, 3)
    .map((name) => {
      const isPercent = name === "accuracy";
      const value = metrics[name]!;
      const shown = isPercent ? percent(value) : shares.has(name) ? value.toFixed(4) : figure(value);
      return [name, shown, `${diagnosis.split} rows`];
    });
}

/** A figure whose drawing is the script's. */
export function chart(name: string, title: string, note: string | Html = ""): Html {
  return html`<figure class="card"><figcaption><h3>${title}</h3>${note ? html`<p>${note}</p>` : null}</figcaption><div class="chart" data-chart="${name}"></div></figure>`;
}

export function section(id: string, title: string, lead: string | Html, content: readonly Html[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${lead ? html`<p class="lead">${lead}</p>` : null}${content}</section>`;
}

/** The loss over both parameters, where there are no more. */
export function landscape({ landscape }: ReportData): Html | null {
  if (!landscape) return null;
  const lead = `The mean loss for every ${landscape.x.label} and ${landscape.y.label}, and the path from the first weights to the last.`;
  return section("landscape", "The loss over the parameters", lead, [
    html`<div class="card landscape">${new Html(landscapeSvg(landscape))}</div>`,
  ]);
}

export function curves({ epochs, summary }: ReportData): Html {
  if (epochs.length === 0) return section("curves", "Training", "No epoch was completed.", []);
  const names = [
    ...new Set(
      epochs.flatMap(({ train, validation }) => [...Object.keys(train), ...Object.keys(validation ?? {})]),
    ),
  ].filter((name) => name !== "loss");
  const isConstant = epochs.every(({ lr }) => lr === epochs[0]!.lr);
  const hasNorms = epochs.some(({ gradient_norm }) => typeof gradient_norm === "number");
  const drawn = 1 + Math.min(4, names.length) + (isConstant ? 0 : 1) + (hasNorms ? 1 : 0);
  const lead = html`Epoch by epoch; the dashed line marks the best, ${summary.best_epoch}. Drag across a chart to zoom, double-click to reset; arrow keys step through the points.`;
  const lr = isConstant
    ? html`<p class="aside">The learning rate was ${Number(epochs[0]!.lr.toPrecision(4))} throughout.</p>`
    : chart("lr", "Learning rate", "at each epoch's last update");
  return section("curves", "Training", lead, [
    html`<div class="grid ${drawn === 3 ? "three" : ""}">${chart("loss", "Loss", "mean over rows, in the units used in training")}${names
      .slice(0, 4)
      .map((name) =>
        chart(`metric:${name}`, name),
      )}${isConstant ? null : lr}${hasNorms && chart("gradient", "Gradient norm", "of each epoch’s last update, before clipping")}</div>`,
    isConstant ? lr : html``,
    epochTable(epochs),
  ]);
}

const epochsInTable = 200;

function epochTable(epochs: readonly EpochEvent[]): Html {
  const names = (of: "train" | "validation") => [
    ...new Set(epochs.flatMap((epoch) => Object.keys(epoch[of] ?? {}))),
  ];
  const columns = (["train", "validation"] as const).flatMap((of) => names(of).map((name) => ({ of, name })));
  const every = Math.ceil(epochs.length / epochsInTable);
  const shown = epochs.filter((_, index) => (epochs.length - 1 - index) % every === 0);
  return html`<details><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Epochs"><table>
<thead><tr><th scope="col">epoch</th>${columns.map(({ of, name }) => html`<th scope="col">${of} ${name}</th>`)}<th scope="col">lr</th><th scope="col">rows/s</th></tr></thead>
<tbody>${shown.map(
    (epoch) =>
      html`<tr><th scope="row">${epoch.epoch}</th>${columns.map(({ of, name }) => {
        const value = epoch[of]?.[name];
        return html`<td>${typeof value === "number" ? figure(value) : ""}</td>`;
      })}<td>${figure(epoch.lr)}</td><td>${count(epoch.samples_per_second)}</td></tr>`,
  )}</tbody></table></div></details>`;
}

export function network({ layers, firstLayer, start, summary }: ReportData): Html {
  const table = html`<div class="scroll"><table><caption>Layer by layer</caption><thead><tr><th scope="col">layer</th><th scope="col" class="text">type</th><th scope="col">width</th><th scope="col">parameters</th></tr></thead>
<tbody><tr><th scope="row"></th><td class="text">input</td><td>${start.inputs}</td><td></td></tr>${layers.map(
    ({ type, width, parameters }, index) =>
      html`<tr><th scope="row">${index}</th><td class="text">${type}</td><td>${width}</td><td>${parameters > 0 ? count(parameters) : ""}</td></tr>`,
  )}</tbody></table></div>`;
  const lead = `${count(summary.parameters)} parameters from ${count(start.inputs)} inputs to ${count(start.outputs)} outputs.`;
  return section("network", "Network", lead, [
    html`<div class="grid loose">${table}${weights(firstLayer)}</div>`,
  ]);
}

function weights(firstLayer: ReportData["firstLayer"]): Html | null {
  if (firstLayer?.kind === "images") {
    const shown = firstLayer.images.length;
    const which =
      shown < firstLayer.units ? `The ${shown} of ${firstLayer.units} units with most weight. ` : "";
    const note = html`${which}<span class="key plus"></span> raises a unit, <span class="key minus"></span> lowers it; each scaled to its own largest weight.`;
    return html`<figure class="card"><figcaption><h3>What the first layer looks at</h3><p>${note}</p></figcaption><div class="pictures weights" data-pictures="weights"></div></figure>`;
  }
  if (!firstLayer) return null;
  const most = Math.max(...firstLayer.norms.map(([, norm]) => norm));
  const which =
    firstLayer.norms.length < firstLayer.inputs
      ? `the ${firstLayer.norms.length} with most of ${firstLayer.inputs}`
      : "";
  return html`<div class="scroll"><table class="bars"><caption>How much weight the first layer gives each input <span>norm of the input’s column of W, with inputs scaled as in training${which ? `; ${which}` : ""}</span></caption><thead><tr><th scope="col" class="text">input</th><th scope="col">norm</th><th scope="col" class="text"><span class="hidden">bar</span></th></tr></thead><tbody>${firstLayer.norms.map(
    ([name, norm]) =>
      html`<tr><th scope="row" class="text">${name}</th><td>${figure(norm)}</td><td class="bar"><i style="width:${((100 * norm) / (most || 1)).toFixed(1)}%"></i></td></tr>`,
  )}</tbody></table></div>`;
}

/** Which columns the model's figures rest on. */
export function importance({ importance: found, diagnosis }: ReportData): Html {
  if (!found) return html``;
  const { metric, value, rows, repeats, features, count: all } = found;
  const name = metric.replaceAll("_", " ");
  const which = features.length < all ? ` The ${features.length} most important of ${all} columns.` : "";
  const lead = `How much ${name} (${figure(value)}) drops on ${count(rows)} ${diagnosis?.split ?? ""} rows when a column’s values are shuffled among them; mean of ${repeats} shuffles ± deviation.${which} Columns that carry the same information as others seem to matter less than they do.`;
  const most = Math.max(...features.map(({ mean }) => mean), Number.MIN_VALUE);
  const width = (mean: number) => ((100 * Math.max(0, mean)) / most).toFixed(1);
  return section("importance", "Importance", lead, [
    html`<div class="scroll" tabindex="0" role="region" aria-label="Importance of columns"><table class="bars"><thead><tr><th scope="col" class="text">column</th><th scope="col">${name} lost</th><th scope="col">±</th><th scope="col" class="text"><span class="hidden">bar</span></th></tr></thead><tbody>${features.map(
      ({ name, mean, sd }) =>
        html`<tr><th scope="row" class="text">${name}</th><td>${figure(mean)}</td><td>${figure(sd)}</td><td class="bar"><i style="width:${width(mean)}%"></i></td></tr>`,
    )}</tbody></table></div>`,
  ]);
}

export function figures({ summary }: ReportData): Html {
  const splits = Object.keys(summary.metrics);
  const { folds } = summary;
  if (splits.length === 0) return html``;
  const names = [...new Set(splits.flatMap((split) => Object.keys(summary.metrics[split]!)))];
  return section("figures", "All metrics", "For the best model, by split.", [
    html`<div class="scroll"><table><thead><tr><th scope="col" class="text">metric</th>${splits.map((split) => html`<th scope="col">${split}</th>`)}${folds ? html`<th scope="col">${folds.count} folds</th>` : ""}</tr></thead><tbody>${names.map(
      (name) =>
        html`<tr><th scope="row" class="text">${name}</th>${splits.map((split) => {
          const value = summary.metrics[split]![name];
          return html`<td>${typeof value === "number" ? figure(value) : ""}</td>`;
        })}${folds ? html`<td>${folds.metrics[name] ? spread(folds.metrics[name]) : ""}</td>` : ""}</tr>`,
    )}</tbody></table></div>`,
  ]);
}

export function specification({ spec }: ReportData): Html {
  return section("spec", "Spec", "The run’s whole configuration, defaults included: spec.yaml.", [
    html`<details><summary>Show the spec</summary><pre tabindex="0">${spec}</pre></details>`,
  ]);
}

export function environment({ summary, start }: ReportData): Html {
  const rows = Object.entries(start.rows).map(([split, size]) => `${count(size)} ${split}`);
  const facts = [
    ["rows", rows.join(", ")],
    ["kernels", summary.kernels.description],
    [
      "bits",
      summary.kernels.fused
        ? "the same on every machine with fused kernels"
        : "specific to kernels without fused multiply-add",
    ],
    ["nnt", summary.versions.nnt],
    ["Node", summary.versions.node],
    ["platform", summary.platform],
    ["seed", String(summary.seed)],
    ["updates", `${count(summary.steps)}, ${count(start.updates_per_epoch)} per epoch`],
    ["weights, best", `sha256 ${summary.best_weights_sha256}`],
    ["weights, last", `sha256 ${summary.weights_sha256}`],
  ];
  return section("environment", "Environment", "", [
    html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name!}</dt><dd>${value!}</dd></div>`)}</dl>`,
  ]);
}

export function reproduce({ summary, spec }: ReportData): Html {
  const isImages = /^ {2}format: idx$/m.test(spec);
  const lines = [
    [
      "nnt train spec.yaml --out again",
      `the same run; its weights’ sha256 begins with ${summary.weights_sha256.slice(0, 12)}`,
    ],
    ["nnt eval best.ckpt", "the metrics again"],
    [
      isImages ? "nnt predict best.ckpt --images FILE" : "nnt predict best.ckpt < rows.csv",
      "predictions for new rows",
    ],
  ];
  return section("reproduce", "Reproduce", "In this run’s directory, with the data where it was:", [
    html`<dl class="commands">${lines.map(([line, does]) => html`<div><dt><code>${line!}</code></dt><dd>${does!}</dd></div>`)}</dl>`,
  ]);
}
