/**
 * Learning rates over time, with torch's names, options and closed forms. A schedule counts its own steps
 * (updates or epochs, as the spec says); only `reduce_on_plateau` looks at metrics. Knows no optimizer.
 */
import type { ScheduleSpec } from "../config/schema.ts";
import type { RunLength } from "./runLength.ts";

type Named<Name extends ScheduleSpec["name"]> = Extract<ScheduleSpec, { name: Name }>;
type Curve<Name extends ScheduleSpec["name"]> = (base: number, clock: Clock, options: Named<Name>) => number;
type CurveName = Exclude<ScheduleSpec["name"], "reduce_on_plateau">;

/** Where a schedule stands, in its own unit. */
interface Clock {
  /** Steps done, from 0. */
  readonly t: number;
  /** Steps of the whole run. */
  readonly total: number;
}

/** What `reduce_on_plateau` remembers; goes into the checkpoint. */
export interface PlateauState {
  best: number | null;
  waited: number;
  cooldown: number;
  /** The reduced rate; null before the first reduction. */
  lr: number | null;
}

export const initialPlateauState = (): PlateauState => ({ best: null, waited: 0, cooldown: 0, lr: null });

/** The learning rate before update `step` (from 0), for the optimizer's rate `base`. */
export function learningRate(
  schedule: ScheduleSpec | null,
  base: number,
  step: number,
  { stepsPerEpoch, totalSteps }: RunLength,
  plateau: PlateauState,
): number {
  if (schedule === null) return base;
  const warmup = schedule.warmup_steps + Math.round(schedule.warmup_epochs * stepsPerEpoch);
  if (schedule.name === "reduce_on_plateau") return (plateau.lr ?? base) * rise(step, warmup);
  const unit = "interval" in schedule && schedule.interval === "epoch" ? stepsPerEpoch : 1;
  const clock = {
    t: Math.floor(Math.max(0, step - warmup) / unit),
    total: Math.max(1, Math.ceil((totalSteps - warmup) / unit)),
  };
  const curve = curves[schedule.name] as Curve<CurveName>;
  return curve(base, clock, schedule) * rise(step, warmup);
}

/** Records an epoch's value of the monitored metric for `reduce_on_plateau`, as torch.optim.lr_scheduler.ReduceLROnPlateau does. */
export function observePlateau(
  options: Named<"reduce_on_plateau">,
  base: number,
  state: PlateauState,
  mode: "min" | "max",
  value: number,
): void {
  const { threshold, threshold_mode } = options;
  const sign = mode === "min" ? 1 : -1;
  const margin = threshold_mode === "rel" ? threshold * Math.abs(state.best ?? 0) : threshold;
  if (state.best === null || sign * value < sign * state.best - margin) {
    state.best = value;
    state.waited = 0;
  } else state.waited++;
  if (state.cooldown > 0) {
    state.cooldown--;
    state.waited = 0;
  }
  if (state.waited <= options.patience) return;
  const old = state.lr ?? base;
  const reduced = Math.max(old * options.factor, options.min_lr);
  if (old - reduced > options.eps) state.lr = reduced;
  state.cooldown = options.cooldown;
  state.waited = 0;
}

/** The closed forms of torch.optim.lr_scheduler: the rate before step t. One row a schedule. */
const curves: { [Name in CurveName]: Curve<Name> } = {
  constant: (base) => base,
  step: (base, { t }, { step_size, gamma }) => base * gamma ** Math.floor(t / step_size),
  multi_step: (base, { t }, { milestones, gamma }) => base * gamma ** milestones.filter((m) => m <= t).length,
  exponential: (base, { t }, { gamma }) => base * gamma ** t,
  cosine: (base, { t, total }, { t_max, eta_min }) => cosine(base, eta_min, t / (t_max ?? total)),
  coslog4: (base, { t, total }) => base * shareCurves.coslog4(t / total),
  flat_cos: (base, { t, total }) => base * shareCurves.flat_cos(t / total),
  cosine_warm_restarts(base, { t }, { t_0, t_mult, eta_min }) {
    let start = 0;
    let length = t_0;
    while (t >= start + length) {
      start += length;
      length *= t_mult;
    }
    return cosine(base, eta_min, (t - start) / length);
  },
  linear: (base, { t }, { start_factor, end_factor, total_iters }) =>
    base * (start_factor + (end_factor - start_factor) * Math.min(1, t / total_iters)),
  polynomial: (base, { t, total }, { total_iters, power }) =>
    base * (1 - Math.min(1, t / (total_iters ?? total))) ** power,
  /** Hu et al. 2024; after Hägele et al. 2024 the last fifth, and 1 − √share, do best. */
  wsd(base, { t, total }, { decay, shape, eta_min }) {
    const start = Math.round((1 - decay) * total);
    if (t < start) return base;
    const share = (t - start + 1) / (total - start + 1);
    if (shape === "cos") return cosine(base, eta_min, share);
    return straight(base, eta_min, shape === "sqrt" ? Math.sqrt(share) : share);
  },
  one_cycle(base, { t, total }, options) {
    const top = options.max_lr ?? base;
    const first = top / options.div_factor;
    const end = (options.total_steps ?? total) - 1;
    const peak = options.pct_start * (end + 1) - 1;
    const between = options.anneal === "cos" ? cosine : straight;
    if (t < peak) return between(first, top, t / peak);
    return between(top, first / options.final_div_factor, Math.min(1, (t - peak) / (end - peak)));
  },
};

/** Curves of a share of training done, from 0 to 1; all but cosine are Holzmüller, Grinsztajn and Steinwart's 2024. */
export const shareCurves = {
  cosine: (t) => cosine(1, 0, t),
  coslog4: (t) => (1 - Math.cos(2 * Math.PI * Math.log2(1 + 15 * t))) / 2,
  flat_cos: (t) => cosine(1, 0, Math.max(0, 2 * t - 1)),
} satisfies Record<string, (t: number) => number>;

/** Half a wave from a (share 0) to b (share 1). */
const cosine = (a: number, b: number, share: number) => b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2;

const straight = (a: number, b: number, share: number) => a + (b - a) * share;

/** Warm-up: 1/W, 2/W, … 1 over the first W updates. */
const rise = (step: number, warmup: number) => (step < warmup ? (step + 1) / warmup : 1);
