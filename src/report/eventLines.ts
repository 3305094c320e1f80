/** The lines that an event of a training leaves behind, on a terminal and anywhere else. */
import type { EndEvent, StartEvent, TrainEvent } from "../train/events.ts";
import { epochLine, figuresOf } from "./epochs.ts";
import { notice } from "./notice.ts";
import type { Style } from "./style.ts";
import { count, counted } from "./text.ts";

/** None for events that leave none. */
export function eventLines(style: Style): (event: TrainEvent) => readonly string[] {
  let epochs = 0;
  return (event) => {
    switch (event.event) {
      case "start":
        epochs = event.epochs;
        return [startLine(event)];
      case "epoch":
        return [epochLine(event, epochs)];
      case "end":
        if (event.fold !== undefined) return partLine(`fold ${event.fold}`, event);
        return event.seed === undefined ? [] : partLine(`seed ${event.seed}`, event);
      case "note":
      case "warning":
        return [notice(event.event, event.message, style)];
      default:
        return [];
    }
  };
}

/** `fold 1: test loss 0.12  accuracy 0.95`: what one of several runs came to; an only run's end is told elsewhere. */
function partLine(part: string, { metrics }: EndEvent): string[] {
  const [split, figures] = Object.entries(metrics).at(-1) ?? ["test", {}];
  return [`${part}: ${figuresOf(split, figures).join("  ")}`, ""];
}

function startLine(start: StartEvent): string {
  const { name, rows, inputs, outputs, parameters, backend, threads, card, fused = true } = start;
  const splits = Object.entries(rows).map(([split, size]) => `${count(size)} ${split}`);
  const network = `${inputs} → ${outputs} with ${count(parameters)} parameters`;
  const kernels = `${backend} on ${card ?? counted(threads, "thread")}${fused ? "" : ", without fused multiply-add: bits differ from other kernels"}`;
  return `${name}: ${splits.join(" + ")} rows, ${network}, ${kernels}`;
}
