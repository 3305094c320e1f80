/** Mean and deviation of metrics over several runs. */
import type { Figures, Spread } from "../train/events.ts";

/** Mean and sample standard deviation of every metric that the first run has. */
export function spreadOf(runs: readonly Figures[]): Record<string, Spread> {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, over(runs.map((figures) => figures[name]!))]));
}

/** Averages differences from the first value, so that the deviation of equal values is exactly 0. */
function over(values: readonly number[]): Spread {
  const first = values[0]!;
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)), values };
}
