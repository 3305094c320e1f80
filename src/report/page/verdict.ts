/** What a run came to, in sentences: how good, compared with what, and what its curves suggest. */

import type { Diagnosis } from "../../evaluate/findings.ts";
import type { ReportData } from "../../run/reportData.ts";
import type { EpochEvent } from "../../train/events.ts";
import { isStillFalling } from "../../train/trend.ts";
import { count, quantity } from "../text.ts";

export interface Verdict {
  readonly headline: string;
  readonly remarks: readonly string[];
}

export function verdict(data: ReportData): Verdict {
  const { diagnosis, summary } = data;
  const remarks = [...(diagnosis ? compared(diagnosis) : []), ...suggestions(data)];
  if (!diagnosis) {
    const headline = `Stopped after ${summary.epochs} of ${data.start.epochs} epochs, not evaluated yet`;
    return { headline, remarks };
  }
  return { headline: headlineOf(diagnosis, summary.metrics[diagnosis.split] ?? {}), remarks };
}

function headlineOf(diagnosis: Diagnosis, metrics: Readonly<Record<string, number>>): string {
  const rows = `${count(diagnosis.rows)} ${diagnosis.split} rows`;
  const { accuracy, r2, rmse } = metrics;
  if (diagnosis.kind === "numbers")
    return `Explains ${percent(Math.max(0, r2 ?? Number.NaN))} of the variance over ${rows}, typically off by ${quantity(rmse ?? Number.NaN)}`;
  return `${percent(accuracy ?? Number.NaN)} of ${rows} ${rightly[diagnosis.kind]}`;
}

const rightly = {
  class: "are classified correctly",
  labels: "have every label right",
  classes: "are right in every target",
};

/** How sure the figure is, and what a model without inputs would reach. */
function compared(diagnosis: Diagnosis): string[] {
  if (diagnosis.kind !== "class") return [];
  const { perClass, confusion, rows } = diagnosis;
  const most = Math.max(...perClass.map(({ support }) => support));
  const guess = `Always predicting the most frequent class would be right for ${percent(most / rows)}.`;
  if (!confusion) return [guess];
  const right = confusion.reduce((sum, row, c) => sum + row[c]!, 0);
  const [low, high] = wilson(right, rows);
  return [`With 95 % confidence the true accuracy lies between ${percent(low)} and ${percent(high)}.`, guess];
}

/** The validation loss must end by so much above its best, over the last tenth of the epochs, to be told as overfitting. */
const worse = 1.2;

function suggestions({ epochs, summary, diagnosis }: ReportData): string[] {
  const last = epochs.at(-1);
  if (!last || epochs.length < 3) return [];
  const best = epochs.find(({ epoch }) => epoch === summary.best_epoch) ?? last;
  const said: string[] = [];
  const atBest = best.validation?.loss;
  if (atBest !== undefined) {
    const isWorse = meanLoss(tail(epochs)) > atBest * worse && best.epoch < last.epoch;
    if (isWorse && (last.train.loss ?? 0) < (best.train.loss ?? 0))
      said.push(
        `After epoch ${best.epoch} the validation loss rose while the training loss kept falling: the network overfits. The model from epoch ${best.epoch} is the one saved as best; dropout, weight decay or augmentation may help.`,
      );
    else if (best.epoch === last.epoch && summary.reason === "epochs" && isStillFalling(epochs))
      said.push("The validation loss was still falling at the end: more epochs may help.");
  } else if (diagnosis?.split === "train") {
    said.push(
      "No rows were held out: these metrics are measured on the training rows and say little about new ones.",
    );
  }
  return said;
}

/** The last tenth of the epochs. */
function tail(epochs: readonly EpochEvent[]): readonly EpochEvent[] {
  return epochs.slice(-Math.max(1, Math.round(epochs.length / 10)));
}

function meanLoss(epochs: readonly EpochEvent[]): number {
  return epochs.reduce((sum, { validation }) => sum + (validation?.loss ?? Number.NaN), 0) / epochs.length;
}

/** Of a share right/rows, with 95 % confidence; Wilson 1927. */
export function wilson(right: number, rows: number): [low: number, high: number] {
  const z = 1.96;
  const p = right / rows;
  const middle = (p + z ** 2 / (2 * rows)) / (1 + z ** 2 / rows);
  const half = (z / (1 + z ** 2 / rows)) * Math.sqrt((p * (1 - p)) / rows + z ** 2 / (4 * rows ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** 97.83 %; 100 % only where nothing is missing. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "?";
  if (share === 0 || share === 1) return `${100 * share} %`;
  const rounded = (100 * share).toFixed(share > 0.1 && share < 0.9 ? 1 : 2);
  return `${rounded === "100.00" ? "> 99.99" : rounded} %`;
}
