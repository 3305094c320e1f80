/** Which epoch is the best by a monitored figure, and when to stop waiting for a better one. */
import type { Figures } from "./events.ts";

export interface Monitor {
  /** `validation.loss`, `train.accuracy`, … */
  readonly metric: string;
  readonly mode: "min" | "max";
  /** Epochs without improvement that are borne; null: never stop early. */
  readonly patience: number | null;
  /** What counts as an improvement, in units of the metric. */
  readonly minDelta: number;
  /** The figure that ends training once it is reached; null: none does. */
  readonly target: { readonly metric: string; readonly mode: "min" | "max"; readonly value: number } | null;
}

/** Goes into the checkpoint, so that a resumed run waits on. */
export interface MonitorState {
  bestEpoch: number;
  /** null before the first epoch: JSON has no infinities. */
  best: number | null;
  waited: number;
}

export const initialMonitorState = (): MonitorState => ({ bestEpoch: 0, best: null, waited: 0 });

/** Takes in an epoch's figure; true when the epoch is the best so far. A figure that is not finite never is. */
export function observe(monitor: Monitor, state: MonitorState, epoch: number, value: number): boolean {
  const gain = monitor.mode === "min" ? (state.best ?? 0) - value : value - (state.best ?? 0);
  const improved = Number.isFinite(value) && (state.best === null || gain > monitor.minDelta);
  if (improved) Object.assign(state, { bestEpoch: epoch, best: value, waited: 0 });
  else state.waited++;
  return improved;
}

export function patienceIsOver(monitor: Monitor, state: MonitorState): boolean {
  return monitor.patience !== null && state.waited >= monitor.patience;
}

/** Whether an epoch's figure is as good as was asked for. */
export function targetIsReached({ target }: Monitor, value: number | null): boolean {
  if (target === null || value === null) return false;
  return target.mode === "min" ? value <= target.value : value >= target.value;
}

/** The figure that `split.name` names. */
export function figureAt(metric: string, figures: Readonly<Record<string, Figures | undefined>>): number {
  const [split = "", name = ""] = metric.split(".");
  return figures[split]?.[name] ?? Number.NaN;
}
