/** A search while it runs: a line per result, and on a terminal what is running, redrawn in place. */
import type { ResultLine } from "../search/journal.ts";
import type { Job } from "../search/strategy.ts";
import type { TrainEvent } from "../train/events.ts";
import { drawBar } from "./bar.ts";
import { epochSummary } from "./epochs.ts";
import { pointText } from "./leaderboard.ts";
import { notice } from "./notice.ts";
import type { ProgressStream } from "./progress.ts";
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

export function sweepView({ stream, style, metric, mode, trials, redraws }: SweepViewOptions): SweepView {
  const running = new Map<Job, Running>();
  const ended = new Set<number>();
  const began = performance.now();
  let atBegin = 0;
  let best: ResultLine | null = null;
  let drawn = 0;
  let drawnAt = 0;
  const width = () => (stream.columns || 80) - 1;
  const isBetter = (value: number, than: number) => (mode === "max" ? value > than : value < than);

  return {
    started(job) {
      running.set(job, { epoch: 0, epochs: 0, share: 0, notes: [] });
      draw(true);
    },
    stopped(job) {
      running.delete(job);
    },
    train(job, event) {
      const state = running.get(job);
      if (!state) return;
      if (event.event === "start") state.epochs = job.epochs ?? event.epochs;
      else if (event.event === "epoch") {
        state.epoch = event.epoch;
        state.notes = [`epoch ${event.epoch}/${state.epochs}`, ...epochSummary(event)];
      }
      state.share = state.epoch / Math.max(1, state.epochs);
      draw(false);
    },
    result(result, isNew) {
      ended.add(result.trial);
      if (!isNew) atBegin = ended.size;
      const { value } = result;
      if (value !== null && (best?.value == null || isBetter(value, best.value))) best = result;
      if (isNew) say(lineOf(result));
      else draw(false);
    },
    note: (message) => say(notice("note", message, style)),
    stop: erase,
  };

  function lineOf(result: ResultLine): string {
    const number = String(result.trial).padStart(String(trials).length);
    const value = result.value === null ? style.warn(result.state) : figure(result.value);
    const mark = result === best ? style.good(" *") : "  ";
    const epochs = result.epochs === null ? "" : `  epochs ${result.epochs}`;
    const why = result.message === undefined ? "" : `  ${result.message}`;
    const name = metric.replace(/^validation\./, "");
    const head = `trial ${number}/${trials}  ${name} ${value}${mark}${epochs}  ${time(result.seconds)}`;
    const rest = `  ${pointText(result.point)}${why}`;
    // On a terminal, lines that wrap are hard to read; the leaderboard's file has all values.
    return head + (redraws ? cut(rest, width() - widthOf(head)) : rest);
  }

  function say(line: string): void {
    erase();
    stream.write(`${line}\n`);
    draw(true);
  }

  function erase(): void {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\r\u001b[J`);
    drawn = 0;
  }

  function draw(now: boolean): void {
    if (!redraws || (!now && performance.now() - drawnAt < 1000 * secondsPerDraw)) return;
    drawnAt = performance.now();
    const bars = [...running].map(([{ trial }, { share, notes }]) =>
      drawBar({ label: `trial ${trial}`.padEnd(10), share, notes }, width(), style),
    );
    const lines = [
      drawBar({ label: "sweep".padEnd(10), share: shareDone(), notes: notesOfAll() }, width(), style),
      ...bars,
    ];
    erase();
    stream.write(lines.map((line) => `${line}\n`).join(""));
    drawn = lines.length;
  }

  function shareDone(): number {
    const parts = [...running.values()].reduce((sum, { share }) => sum + share, 0);
    return Math.min(1, (ended.size + parts) / trials);
  }

  function notesOfAll(): string[] {
    const whole = shareDone() * trials;
    const left = (((performance.now() - began) / 1000) * (trials - whole)) / (whole - atBegin);
    return [
      cut(`${ended.size}/${trials}`, 12),
      ...(best?.value == null ? [] : [`best ${figure(best.value)} of trial ${best.trial}`]),
      ...(ended.size > atBegin ? [`${time(left)} left`] : []),
    ];
  }
}
