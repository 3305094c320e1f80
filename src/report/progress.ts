/** Listeners that show a training while it runs: bars on a terminal, a plain line per epoch elsewhere. */
import type { MultiBar, SingleBar } from "cli-progress";
import type { EndEvent, Listener, ProgressEvent, StartEvent, TrainEvent } from "../train/events.ts";
import { type BarParts, drawBar } from "./bar.ts";
import { epochLine, epochSummary, figuresOf } from "./epochs.ts";
import { notice } from "./notice.ts";
import type { Style } from "./style.ts";
import { count, counted, cut, figure, time } from "./text.ts";

export interface Progress {
  readonly listen: Listener;
  /** Leaves the terminal as it was; to be called before anything else is printed. */
  readonly stop: () => void;
}

/** What is drawn on; a terminal knows its `columns`. */
export interface ProgressStream {
  readonly columns?: number;
  write(text: string): unknown;
}

/** Warnings only. */
export function quietProgress(stream: ProgressStream, style: Style): Progress {
  return {
    listen: (event) => {
      if (event.event === "warning") stream.write(`${notice(event.event, event.message, style)}\n`);
    },
    stop: () => {},
  };
}

/** One line at the start, one per epoch, one per notice. */
export function lineProgress(stream: ProgressStream, style: Style): Progress {
  const lineOf = eventLines(style);
  return {
    listen: (event) => {
      const line = lineOf(event);
      if (line !== undefined) stream.write(`${line}\n`);
    },
    stop: () => {},
  };
}

/** The same lines above two bars, one for the epoch and one for the run, redrawn in place. */
export async function barProgress(stream: ProgressStream, style: Style): Promise<Progress> {
  const { default: cliProgress } = await import("cli-progress");
  const bars = new cliProgress.MultiBar({
    stream: unlimited(stream) as unknown as NodeJS.WritableStream,
    linewrap: true, // the terminal's own setting stays as it is: bars and lines see to their width
    format: (_options, _params, parts: BarParts) => drawBar(parts, roomOn(stream), style),
    forceRedraw: true,
    clearOnComplete: true,
  });
  const view = new BarView(bars, stream, style);
  return { listen: (event) => view.listen(event), stop: () => view.stop() };
}

const clearToLineEnd = "\u001b[K";

class BarView {
  private readonly lineOf: (event: TrainEvent) => string | undefined;
  private run: (StartEvent & { readonly at: number }) | undefined;
  private bars: { readonly epoch: SingleBar; readonly run: SingleBar } | undefined;
  private lastEpoch: string[] = [];

  constructor(
    private readonly multiBar: MultiBar,
    private readonly stream: ProgressStream,
    style: Style,
  ) {
    this.lineOf = eventLines(style);
  }

  listen(event: TrainEvent): void {
    const line = this.lineOf(event);
    if (line !== undefined) this.log(event.event === "epoch" ? cut(line, roomOn(this.stream)) : line);
    if (event.event === "start") this.run = { ...event, at: performance.now() };
    else if (event.event === "progress") this.move(event);
    else if (event.event === "epoch") this.lastEpoch = epochSummary(event);
  }

  stop(): void {
    if (!this.bars) return;
    this.multiBar.update(); // draws what is logged and waits
    this.multiBar.stop();
    this.bars = undefined;
  }

  private log(line: string): void {
    if (this.bars)
      this.multiBar.log(`${line}${clearToLineEnd}\n`); // over what was drawn there
    else this.stream.write(`${line}\n`);
  }

  private move(event: ProgressEvent): void {
    if (!this.run) return;
    const label = `epoch ${event.epoch}/${event.epochs}`;
    const updates = this.run.updates_per_epoch;
    const inEpoch: BarParts = {
      label,
      share: (event.step - (event.epoch - 1) * updates) / updates,
      notes: [`loss ${figure(event.loss)}`, `${count(event.samples_per_second)} rows/s`],
    };
    const done = event.step - this.run.step;
    const left = (((performance.now() - this.run.at) / 1000) * (event.steps - event.step)) / done;
    const inRun: BarParts = {
      label: "run".padEnd(label.length),
      share: event.step / event.steps,
      notes: [...(done > 0 ? [`${time(left)} left`] : []), ...this.lastEpoch],
    };
    if (this.bars) {
      this.bars.epoch.update(inEpoch);
      this.bars.run.update(inRun);
    } else {
      this.bars = { epoch: this.multiBar.create(1, 0, inEpoch), run: this.multiBar.create(1, 0, inRun) };
    }
  }
}

/** The line that an event leaves behind; undefined for those that leave none. */
function eventLines(style: Style): (event: TrainEvent) => string | undefined {
  let epochs = 0;
  return (event) => {
    switch (event.event) {
      case "start":
        epochs = event.epochs;
        return startLine(event);
      case "epoch":
        return epochLine(event, epochs);
      case "end":
        return event.fold === undefined ? undefined : foldLine(event.fold, event);
      case "note":
      case "warning":
        return notice(event.event, event.message, style);
      default:
        return undefined;
    }
  };
}

/** `fold 1: test loss 0.12  accuracy 0.95`: what a fold came to; the run's own end is told elsewhere. */
function foldLine(fold: number, { metrics }: EndEvent): string {
  return `fold ${fold}: ${figuresOf("test", metrics.test ?? {}).join("  ")}\n`;
}

function startLine({ name, rows, inputs, outputs, parameters, backend, threads }: StartEvent): string {
  const splits = Object.entries(rows).map(([split, size]) => `${count(size)} ${split}`);
  const network = `${inputs} → ${outputs} with ${count(parameters)} parameters`;
  return `${name}: ${splits.join(" + ")} rows, ${network}, ${backend} on ${counted(threads, "thread")}`;
}

function roomOn(stream: ProgressStream): number {
  return (stream.columns || 80) - 1; // a full line makes some terminals wrap
}

/** cli-progress cuts lines at the stream's width, counting colours as text: it is told there is room. */
function unlimited(stream: ProgressStream) {
  return { isTTY: true, columns: Number.MAX_SAFE_INTEGER, write: (text: string) => stream.write(text) };
}
