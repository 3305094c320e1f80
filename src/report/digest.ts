/** A run or a measured model as Markdown: a CI step's summary. */
import type { EndEvent, Figures, TrainEvent } from "../train/events.ts";
import { History } from "./history.ts";
import { code, markdownTable, md } from "./markdown.ts";
import { plainStyle } from "./style.ts";
import { reasons } from "./summary.ts";
import { printable } from "./terminal.ts";
import { count, figure, time } from "./text.ts";

/** A run as Markdown, from its events; empty for one that did not end. */
export class RunDigest {
  private history = new History();
  private end: EndEvent | undefined;
  private name = "";

  listen(event: TrainEvent): void {
    if (event.event === "start") {
      this.name = event.name;
      this.history = new History();
    } else if (event.event === "epoch") this.history.takeEpoch(event);
    else if (event.event === "end" && event.fold === undefined) this.end = event;
  }

  markdown(): string {
    if (!this.end) return "";
    const { best_epoch, epoch, monitor, reason, seconds, parameters, directory, weights_sha256 } = this.end;
    const value = monitor.value === null ? "never finite" : figure(monitor.value);
    const facts = [
      md`best epoch ${best_epoch} of ${epoch} by ${code(monitor.metric)} ${value}; ${reasons[reason]}`,
      md`${count(parameters)} parameters, ${time(seconds)}`,
      md`saved in ${code(directory)}, weights ${code(weights_sha256.slice(0, 12))}`,
    ];
    const plot = this.history.isDrawable
      ? ["", "```text", ...this.history.draw(80, 9, plainStyle).map(printable), "```"]
      : [];
    const lines = [md`### ${this.name}`.text, "", ...figuresTable(this.end.metrics), ...plot, ""];
    return [...lines, ...facts.map(({ text }) => `- ${text}`), "", ""].join("\n");
  }
}

/** A measured model as Markdown, and which gates it missed. */
export function evaluationMarkdown(
  { model, split, rows, metrics }: { model: string; split: string; rows: number; metrics: Figures },
  missed: readonly string[],
): string {
  const lines = [md`### ${model}: ${count(rows)} rows`.text, "", ...figuresTable({ [split]: metrics }), ""];
  return [...lines, ...missed.map((gate) => md`- :x: ${gate}`.text), "", ""].join("\n");
}

function figuresTable(splits: Readonly<Record<string, Figures>>): string[] {
  const names = Object.keys(splits);
  if (names.length === 0) return [];
  const metrics = [...new Set(names.flatMap((split) => Object.keys(splits[split]!)))];
  const cell = (value: number | undefined) => (value === undefined ? "" : figure(value));
  return markdownTable(
    ["", ...names],
    metrics.map((metric) => [metric, ...names.map((split) => cell(splits[split]![metric]))]),
  );
}
