/**
 * TensorBoard's event files: one record for each figure of each epoch, in `tensorboard/` in the run's directory,
 * so that `tensorboard --logdir runs` shows all runs. Steps are epochs.
 */
import { readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { removeIfThere } from "../support/files.ts";
import { appendInside, makeInnerFolder, readInside, truncateInside } from "../support/inside.ts";
import { Message } from "../support/protobuf.ts";
import type { EndEvent, EpochEvent, Figures } from "../train/events.ts";
import { recordOf, recordsIn } from "./tfrecord.ts";
import type { Tracker } from "./tracker.ts";

export const tensorboard: Tracker<object> = ({ directory, now }) => {
  const folder = join(directory, "tensorboard");
  let file = "";
  const write = (messages: readonly Message[]) =>
    appendInside(file, Buffer.concat(messages.map((message) => recordOf(Buffer.concat(message.chunks)))));
  const seconds = () => now() / 1000;
  return (event) => {
    if (event.event === "start") {
      makeInnerFolder(folder);
      file = goOn(folder, event.epoch) ?? "";
      if (file !== "") return;
      file = join(folder, `events.out.tfevents.${Math.floor(seconds())}.${hostname()}`);
      write([new Message().double(fields.wallTime, seconds()).text(fields.fileVersion, "brain.Event:2")]);
    } else if (event.event === "epoch") write(scalarsOf(event, seconds()));
    else if (event.event === "end") write(finals(event, seconds()));
  };
};

/** Of tensorflow/core/util/event.proto and summary.proto. */
const fields = {
  wallTime: 1,
  step: 2,
  fileVersion: 3,
  summary: 5,
  value: 1,
  tag: 1,
  simpleValue: 2,
} as const;

/** `loss/train` and `loss/validation` in one chart's group, then what there is once. */
function scalarsOf({ epoch, lr, samples_per_second, train, validation }: EpochEvent, at: number): Message[] {
  const figures = { train, ...(validation && { validation }) };
  return [
    ...figuresOf(figures, epoch, at),
    scalar("lr", lr, epoch, at),
    scalar("samples_per_second", samples_per_second, epoch, at),
  ];
}

/** The figures of the best model, at its epoch. */
function finals({ metrics, best_epoch }: EndEvent, at: number): Message[] {
  const best = Object.fromEntries(
    Object.entries(metrics).map(([split, figures]) => [`best_${split}`, figures]),
  );
  return figuresOf(best, best_epoch, at);
}

function figuresOf(splits: Readonly<Record<string, Figures>>, epoch: number, at: number): Message[] {
  return Object.entries(splits).flatMap(([split, figures]) =>
    Object.entries(figures).map(([name, value]) => scalar(`${name}/${split}`, value, epoch, at)),
  );
}

function scalar(tag: string, value: number, step: number, at: number): Message {
  const entry = new Message().text(fields.tag, tag).float(fields.simpleValue, value);
  const summary = new Message().message(fields.value, entry);
  return new Message().double(fields.wallTime, at).int(fields.step, step).message(fields.summary, summary);
}

/** The file of a run that goes on, cut back to its epochs so far; null for a run that begins. */
function goOn(folder: string, epoch: number): string | null {
  const old = readdirSync(folder).filter((name) => name.includes("tfevents"));
  const [first] = epoch > 0 ? old.sort() : [];
  for (const name of old) if (name !== first) removeIfThere(join(folder, name));
  if (first === undefined) return null;
  const path = join(folder, first);
  let end = 0;
  for (const record of recordsIn(readInside(path))) {
    if (stepOf(record.data) > epoch || isFinal(record.data)) break;
    end = record.end;
  }
  truncateInside(path, end);
  return end > 0 ? path : null;
}

/** Events are written with their time first: a tag and 8 bytes; then comes the step's tag, if there is a step. */
function stepOf(data: Buffer): number {
  const stepTag = fields.step * 8;
  if (data[9] !== stepTag) return 0;
  let step = 0;
  for (let at = 10, scale = 1; ; at++, scale *= 128) {
    step += (data[at]! & 127) * scale;
    if (data[at]! < 128) return step;
  }
}

/** Figures of the best model, which a run that goes on tells anew. */
const isFinal = (data: Buffer) => data.includes("/best_");
