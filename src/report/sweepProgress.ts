/** A search while it runs: a line per result, and on a terminal what is running, redrawn in place. */
import type { ResultLine } from "../search/journal.ts";
import type { Job } from "../search/strategy.ts";
import type { TrainEvent } from "../train/events.ts";
import { drawBar } from "./bar.ts";
import { epochSummary } from "./epochs.ts";
import { pointText } from "./leaderboard.ts";
import { notice } from "./notice.ts";
import { type ProgressStream, writeLines } from "./progress.ts";
import type { Style } from "./style.ts";
import { cut, figure, time, widthOf } from "./text.ts";

export interface SweepView {
  started(job: Job): void;
  stopped(job: Job): void;
  train(job: Job, event: TrainEvent): void;
  result(result: ResultLine, isNew: boolean): void;
  note(message: string): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

export interface SweepViewOptions {
  readonly stream: ProgressStream;
  readonly style: Style;
  readonly metric: string;
  readonly mode: "min" | "max";
  readonly trials: number;
  /** Whether lines may be redrawn in place. */
  readonly redraws: boolean;
}

/** What is known of a trial that runs. */
interface Running {
  epoch: number;
  epochs: number;
  share: number;
  notes: readonly string[];
}

const secondsPerDraw = 0.1;

export function sweepView(options: SweepViewOptions): SweepView {
  return new SweepProgress(options);
}

class SweepProgress implements SweepView {
  private readonly running = new Map<Job, Running>();
  private readonly ended = new Set<number>();
  private readonly began = performance.now();
  private endedBefore = 0;
  private best: ResultLine | null = null;
  private drawnLines = 0;
  private drawnAt = 0;

  constructor(private readonly options: SweepViewOptions) {}

  started(job: Job): void {
    this.running.set(job, { epoch: 0, epochs: 0, share: 0, notes: [] });
    this.draw(true);
  }

  stopped(job: Job): void {
    this.running.delete(job);
  }

  train(job: Job, event: TrainEvent): void {
    const state = this.running.get(job);
    if (!state) return;
    if (event.event === "start") state.epochs = job.epochs ?? event.epochs;
    else if (event.event === "epoch") {
      state.epoch = event.epoch;
      state.notes = [`epoch ${event.epoch}/${state.epochs}`, ...epochSummary(event)];
    }
    state.share = state.epoch / Math.max(1, state.epochs);
    this.draw(false);
  }

  result(result: ResultLine, isNew: boolean): void {
    this.ended.add(result.trial);
    if (!isNew) this.endedBefore = this.ended.size;
    if (this.isBest(result)) this.best = result;
    if (isNew) this.say(this.lineOf(result));
    else this.draw(false);
  }

  note(message: string): void {
    this.say(notice("note", message, this.options.style));
  }

  stop(): void {
    this.erase();
  }

  /** One column less than there is: a full line makes some terminals wrap. */
  private get width(): number {
    return (this.options.stream.columns || 80) - 1;
  }

  private isBest({ value }: ResultLine): boolean {
    if (value === null) return false;
    const least = this.best?.value ?? null;
    return least === null || (this.options.mode === "max" ? value > least : value < least);
  }

  private lineOf(result: ResultLine): string {
    const { style, metric, trials, redraws } = this.options;
    const number = String(result.trial).padStart(String(trials).length);
    const value = result.value === null ? style.warn(result.state) : figure(result.value);
    const mark = result === this.best ? style.good(" *") : "  ";
    const epochs = result.epochs === null ? "" : `  epochs ${result.epochs}`;
    const why = result.message === undefined ? "" : `  ${result.message}`;
    const name = metric.replace(/^validation\./, "");
    const head = `trial ${number}/${trials}  ${name} ${value}${mark}${epochs}  ${time(result.seconds)}`;
    const rest = `  ${pointText(result.point)}${why}`;
    // On a terminal, lines that wrap are hard to read; the leaderboard's file has all values.
    return head + (redraws ? cut(rest, this.width - widthOf(head)) : rest);
  }

  private say(line: string): void {
    this.erase();
    writeLines(this.options.stream, [line]);
    this.draw(true);
  }

  private erase(): void {
    if (this.drawnLines > 0) this.options.stream.write(`\u001b[${this.drawnLines}A\r\u001b[J`);
    this.drawnLines = 0;
  }

  private draw(now: boolean): void {
    const { redraws, stream } = this.options;
    if (!redraws || (!now && performance.now() - this.drawnAt < 1000 * secondsPerDraw)) return;
    this.drawnAt = performance.now();
    const bars = [...this.running].map(([{ trial }, { share, notes }]) =>
      this.bar(`trial ${trial}`, share, notes),
    );
    const lines = [this.bar("sweep", this.shareDone(), this.notesOfAll()), ...bars];
    this.erase();
    writeLines(stream, lines);
    this.drawnLines = lines.length;
  }

  private bar(label: string, share: number, notes: readonly string[]): string {
    return drawBar({ label: label.padEnd(10), share, notes }, this.width, this.options.style);
  }

  private shareDone(): number {
    const parts = [...this.running.values()].reduce((sum, { share }) => sum + share, 0);
    return Math.min(1, (this.ended.size + parts) / this.options.trials);
  }

  private notesOfAll(): string[] {
    const { trials } = this.options;
    const { best, ended, endedBefore } = this;
    const done = this.shareDone() * trials;
    const left = (((performance.now() - this.began) / 1000) * (trials - done)) / (done - endedBefore);
    return [
      cut(`${ended.size}/${trials}`, 12),
      ...(best?.value == null ? [] : [`best ${figure(best.value)} of trial ${best.trial}`]),
      ...(ended.size > endedBefore ? [`${time(left)} left`] : []),
    ];
  }
}
