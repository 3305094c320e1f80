/** The live view on a terminal: what stays stays whole, what is redrawn is there once. */
import { expect, test } from "vitest";
import { openFrame } from "../../src/report/frame.ts";
import { liveProgress } from "../../src/report/liveView.ts";
import { plainStyle } from "../../src/report/style.ts";
import { widthOf } from "../../src/report/text.ts";
import type { EpochEvent, ProgressEvent, StartEvent } from "../../src/train/events.ts";
import { Terminal } from "./terminal.ts";

const start: StartEvent = {
  event: "start",
  name: "digits",
  task: "classification",
  rows: { train: 900, validation: 100 },
  inputs: 64,
  outputs: 10,
  parameters: 650,
  epochs: 4,
  updates_per_epoch: 10,
  seed: 0,
  monitor: "validation.loss",
  backend: "native",
  threads: 2,
  epoch: 0,
  step: 0,
};
const progress = (step: number): ProgressEvent => ({
  event: "progress",
  epoch: 1 + Math.floor((step - 1) / 10),
  epochs: 4,
  step,
  steps: 40,
  loss: 2 / step,
  lr: 0.00123456,
  best: step > 10 ? { epoch: 1, value: 0.25 } : null,
  samples_per_second: 12345,
});
const epoch = (epoch: number): EpochEvent => ({
  event: "epoch",
  epoch,
  step: 10 * epoch,
  lr: 0.001,
  seconds: 1,
  samples_per_second: 12345,
  train: { loss: 1 / epoch, accuracy: 1 - 1 / (1 + epoch) },
  validation: { loss: 1.1 / epoch, accuracy: 1 - 1 / (1 + epoch) },
});
const warning = `a warning ${"that goes on and on ".repeat(20)}to its end`;

/** Lets what is due be drawn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function watch(terminal: Terminal) {
  const view = await liveProgress(terminal, plainStyle, 0);
  view.listen(start);
  for (let step = 5; step <= 20; step += 5) {
    view.listen(progress(step));
    if (step % 10 === 0) view.listen(epoch(step / 10));
    if (step === 15) view.listen({ event: "warning", message: warning });
    await turn();
  }
  return view;
}

test.each([30, 60, 100, 200])("a run is watched on %d columns", async (columns) => {
  const terminal = new Terminal(columns);
  const view = await watch(terminal);
  view.listen(progress(25));
  view.stop();
  const shown = terminal.text();
  expect(shown.filter((line) => line === `warning: ${warning}`)).toHaveLength(1);
  for (const number of [1, 2])
    expect(shown.filter((line) => line.startsWith(`epoch ${number}/4  loss`))).toHaveLength(1);
  expect(shown.filter((line) => /[━─]{10}/.test(line))).toEqual([]);
  const curves = shown.filter((line) => /[┤│]/.test(line));
  expect(curves.length > 0).toBe(columns >= 60);
  expect(Math.max(0, ...curves.map(widthOf))).toBeLessThan(columns);
});

test("bars, curves, rate, time left, learning rate and the best so far are shown", async () => {
  const terminal = new Terminal(100);
  await watch(terminal);
  const shown = terminal.text().join("\n");
  expect(shown).toMatch(/loss {2}·· train 0\.5000 {2}── validation 0\.5500 {2}epochs 1–2\n/);
  expect(shown).toMatch(/best val loss 0\.2500 in epoch 1 {3}lr 0\.00123\n/);
  expect(shown).toMatch(/epoch 2\/4 ━+ 100% {2}loss 0\.1000 {2}12,345 rows\/s\n/);
  expect(shown).toMatch(/run +━+─+ {2}50% {2}\S+ \S+ left/);
});

test("a frame is drawn over itself, under what is logged, at every size of frame and terminal", async () => {
  const terminal = new Terminal(40);
  const frame = await openFrame((text) => terminal.write(text));
  const logged: string[] = [];
  const sizes = [
    { columns: 40, lines: 3 },
    { columns: 40, lines: 5 },
    { columns: 15, lines: 5 },
    { columns: 90, lines: 4 },
    { columns: 7, lines: 1 },
    { columns: 40, lines: 2 },
  ];
  for (const [round, { columns, lines }] of sizes.entries()) {
    terminal.columns = columns;
    logged.push(`log ${round} ${"x".repeat(50)}`);
    frame.log(logged.at(-1)!);
    const drawn = Array.from({ length: lines }, (_, i) => `${round}.${i} `.padEnd(columns - 1, "-"));
    frame.draw(drawn, columns - 1);
    expect(terminal.text()).toEqual([...logged, ...drawn]);
  }
  frame.close(39);
  expect(terminal.text()).toEqual([...logged, ""]);
});
