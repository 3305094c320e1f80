/**
 * What a terminal shows of a training while it runs: the curves so far, how it stands, a bar for the epoch and
 * one for the run, redrawn in place under the lines that stay. Draws only when there is news.
 */
import { performance } from "node:perf_hooks";
import type { EpochEvent, ProgressEvent, StartEvent, TrainEvent } from "../train/events.ts";
import { type BarParts, drawBars } from "./bar.ts";
import { epochSummary } from "./epochs.ts";
import { eventLines } from "./eventLines.ts";
import { type Frame, openFrame } from "./frame.ts";
import { History } from "./history.ts";
import { type Progress, type ProgressStream, writeLines } from "./progress.ts";
import type { Style } from "./style.ts";
import { count, cut, figure, time } from "./text.ts";

const millisecondsPerFrame = 100;
/** Fewer columns or rows have no room for curves. */
const least = { columns: 44, rows: 14 };
const plotRows = { least: 4, most: 10, perTerminal: 1 / 4 };

/**
 * Curves and bars where there is room for both, else bars.
 * @param pace milliseconds between two drawings, at least
 */
export async function liveProgress(
  stream: ProgressStream,
  style: Style,
  pace = millisecondsPerFrame,
): Promise<Progress> {
  const view = new LiveView(stream, style, await openFrame((text) => stream.write(text)), pace);
  return { listen: (event) => view.listen(event), stop: () => view.stop() };
}

class LiveView {
  private readonly linesOf: (event: TrainEvent) => readonly string[];
  private history = new History();
  private run: (StartEvent & { readonly at: number }) | undefined;
  private latest: ProgressEvent | undefined;
  private lastEpoch: EpochEvent | undefined;
  private isStopped = false;
  private isDue = false;
  private drawnAt = -Infinity;

  constructor(
    private readonly stream: ProgressStream,
    private readonly style: Style,
    private readonly frame: Frame,
    private readonly pace: number,
  ) {
    this.linesOf = eventLines(style);
  }

  listen(event: TrainEvent): void {
    for (const line of this.linesOf(event))
      this.log(event.event === "epoch" ? cut(line, this.columns) : line);
    if (event.event === "start") {
      this.run = { ...event, at: performance.now() };
      this.history = new History(); // of each fold its own
      this.latest = this.lastEpoch = undefined;
    } else if (event.event === "epoch") {
      this.history.takeEpoch(event);
      this.lastEpoch = event;
    } else if (event.event === "progress") {
      this.history.takeProgress(event);
      this.latest = event;
    }
    this.drawSoon();
  }

  /** Takes the bars away and lets the curves stand. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    const curves = this.lastEpoch ? this.curves() : [];
    for (const line of curves.length > 0 ? [...curves, ""] : []) this.log(line);
    if (this.frame.isOpen) this.frame.close(this.columns);
  }

  private get columns(): number {
    return (this.stream.columns || 80) - 1; // a full line makes some terminals wrap
  }

  private log(line: string): void {
    if (this.frame.isOpen) this.frame.log(line);
    else writeLines(this.stream, [line]);
  }

  /** After the event loop has heard of a new size of the terminal, and not too often. */
  private drawSoon(): void {
    if (this.isDue || performance.now() - this.drawnAt < this.pace) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      if (this.isStopped || !this.run || !this.latest) return;
      const curves = this.curves();
      const standing = this.standing(this.run, this.latest, curves.length > 0);
      this.frame.draw([...curves, ...standing], this.columns);
      this.drawnAt = performance.now();
    });
  }

  /** None where there is no room. */
  private curves(): string[] {
    const { columns, rows = 24 } = this.stream;
    if ((columns ?? 80) < least.columns || rows < least.rows || !this.history.isDrawable) return [];
    const height = Math.round(rows * plotRows.perTerminal);
    const fitting = Math.min(plotRows.most, Math.max(plotRows.least, height));
    return ["", ...this.history.draw(this.columns, fitting + 1, this.style)];
  }

  /** Two bars, and above them, where there are curves to go with it, what is best so far. */
  private standing(
    run: StartEvent & { readonly at: number },
    event: ProgressEvent,
    hasCurves: boolean,
  ): string[] {
    const done = event.step - run.step;
    const left = (((performance.now() - run.at) / 1000) * (event.steps - event.step)) / done;
    const updates = run.updates_per_epoch;
    const facts = [...bestSoFar(run, event), `lr ${Number(event.lr.toPrecision(3))}`];
    const losses = this.lastEpoch ? epochSummary(this.lastEpoch) : [];
    const inEpoch: BarParts = {
      label: `epoch ${event.epoch}/${event.epochs}`,
      share: (event.step - (event.epoch - 1) * updates) / updates,
      notes: [`loss ${figure(event.loss)}`, `${count(event.samples_per_second)} rows/s`],
    };
    const inRun: BarParts = {
      label: "run",
      share: event.step / event.steps,
      notes: [...(done > 0 ? [`${time(left)} left`] : []), ...(hasCurves ? [] : [...losses, ...facts])],
    };
    const bars = drawBars([inEpoch, inRun], this.columns, this.style);
    return hasCurves ? [cut(facts.join("   "), this.columns), ...bars] : bars;
  }
}

function bestSoFar({ monitor }: StartEvent, { best }: ProgressEvent): string[] {
  if (!best || best.value === null) return [];
  const name = monitor?.replace(/^validation\./, "val ").replace(/^train\./, "") ?? "metric";
  return [`best ${name} ${figure(best.value)} in epoch ${best.epoch}`];
}
