/** An epoch in one line. */
import type { EpochEvent, Figures } from "../train/events.ts";
import { count, figure, time } from "./text.ts";

/** Told beside the loss: the first of these that is there. */
const headlines = ["accuracy", "rmse", "mae"];

/** `epoch  3/50  loss 0.1234  val loss 0.1301  accuracy 0.9683  12,345 rows/s  0.8 s`. */
export function epochLine(event: EpochEvent, epochs: number): string {
  const number = String(event.epoch).padStart(String(epochs).length);
  const loss = `loss ${figure(event.train.loss ?? Number.NaN)}`;
  const rate = `${count(event.samples_per_second)} rows/s`;
  return [`epoch ${number}/${epochs}`, loss, ...epochSummary(event), rate, time(event.seconds)].join("  ");
}

/** `val loss 0.1301`, `accuracy 0.9683`: what an epoch achieved. */
export function epochSummary({ train, validation }: EpochEvent): string[] {
  return validation ? figuresOf("val", validation) : headlineOf(train);
}

/** `test loss 0.1301`, `accuracy 0.9683`: what was measured on rows of that name. */
export function figuresOf(rows: string, figures: Figures): string[] {
  return [`${rows} loss ${figure(figures.loss ?? Number.NaN)}`, ...headlineOf(figures)];
}

function headlineOf(figures: Figures): string[] {
  const headline = headlines.find((name) => Object.hasOwn(figures, name));
  return headline ? [`${headline} ${figure(figures[headline]!)}`] : [];
}
