/**
 * `report.html`: one page that needs nothing else, neither files nor a network. Text and tables are written
 * here; the script in assets/report draws charts and pictures from the data that goes with them.
 */
import type { ReportData } from "../../run/reportData.ts";
import { asset } from "./asset.ts";
import { dataProfile } from "./dataProfile.ts";
import { diagnosisSections } from "./diagnosis.ts";
import { type Html, html, jsonScript } from "./html.ts";
import {
  curves,
  environment,
  figures,
  header,
  importance,
  landscape,
  network,
  reproduce,
  specification,
} from "./sections.ts";

/** Nothing is ever fetched, whatever a class name or a spec tries to bring in. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

export function renderPage(data: ReportData): string {
  const sections: readonly (Html | null)[] = [
    curves(data),
    landscape(data),
    ...(data.diagnosis ? diagnosisSections(data.diagnosis) : []),
    importance(data),
    network(data),
    dataProfile(data),
    figures(data),
    specification(data),
    environment(data),
    reproduce(data),
  ];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${data.summary.name} · nnt report</title>
<link rel="icon" href="data:,">
<style>${asset("style.css")}</style>
</head>
<body>
${header(data)}
<main id="main">
${sections}
</main>
<footer>Written by nnt ${data.summary.versions.nnt}. This page is self-contained: it loads nothing.</footer>
${jsonScript("data", chartData(data))}
<script>${asset("chart.js")}${asset("pictures.js")}${asset("report.js")}</script>
</body>
</html>
`.text;
}

/** What the script draws from. */
function chartData({ epochs, summary, diagnosis, firstLayer }: ReportData) {
  const names = (of: "train" | "validation") => [
    ...new Set(epochs.flatMap((epoch) => Object.keys(epoch[of] ?? {}))),
  ];
  const column = (of: "train" | "validation", name: string) =>
    epochs.map((epoch) => rounded(epoch[of]?.[name] ?? null));
  const columns = (of: "train" | "validation") =>
    Object.fromEntries(names(of).map((name) => [name, column(of, name)]));
  return {
    epoch: epochs.map(({ epoch }) => epoch),
    lr: epochs.map(({ lr }) => rounded(lr)),
    gradient: epochs.map(({ gradient_norm }) => rounded(gradient_norm ?? null)),
    train: columns("train"),
    validation: columns("validation"),
    best: summary.best_epoch,
    diagnosis: diagnosis && compact(diagnosis),
    firstLayer,
  };
}

/** Without what the page itself says in tables. */
function compact(diagnosis: NonNullable<ReportData["diagnosis"]>) {
  if (diagnosis.kind === "numbers") return { targets: diagnosis.targets };
  const { classes, calibration } = diagnosis;
  const curves = diagnosis.curves.map((curve) => ({
    ...curve,
    roc: curve.roc?.map(roundedPoint),
    precisionRecall: curve.precisionRecall?.map(roundedPoint),
  }));
  const pictures =
    diagnosis.kind === "class"
      ? { shape: diagnosis.shape, images: diagnosis.wrong.map(({ image }) => image ?? null) }
      : { shape: null, images: [] };
  return { classes, curves, bins: calibration.bins, ...pictures };
}

const rounded = (value: number | null) =>
  value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(6));

const roundedPoint = ([x, y]: readonly [number, number]) => [Number(x.toFixed(4)), Number(y.toFixed(4))];
