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
  const figures: Figures = validation ?? train;
  const headline = headlines.find((name) => Object.hasOwn(figures, name));
  return [
    ...(validation ? [`val loss ${figure(validation.loss ?? Number.NaN)}`] : []),
    ...(headline ? [`${headline} ${figure(figures[headline]!)}`] : []),
  ];
}
