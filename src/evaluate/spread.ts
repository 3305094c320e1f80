/** What figures of several runs come to. */
import type { Figures, Spread } from "../train/events.ts";

/** Mean and sample standard deviation of every figure that the first run has. */
export function spreadOf(runs: readonly Figures[]): Record<string, Spread> {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, over(runs.map((figures) => figures[name]!))]));
}

/** Differences from the first value are averaged: those of equal values are exactly 0, and so is their deviation. */
function over(values: readonly number[]): Spread {
  const first = values[0]!;
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)), values };
}
