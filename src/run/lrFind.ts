/**
 * The learning-rate range test (Smith 2017; smoothing and stopping as in fastai): trains while the rate rises
 * exponentially, and suggests the rate at which the loss falls fastest. Saves nothing.
 */

import type { Listener } from "../train/events.ts";
import { sweepRates } from "../train/probe.ts";
import { type AssemblyOptions, assemble } from "./assembly.ts";

export interface LrFindOptions extends AssemblyOptions {
  readonly from: number;
  readonly to: number;
  /** Updates. */
  readonly steps: number;
}

interface LrPoint {
  readonly lr: number;
  /** Of one batch, before its update. */
  readonly loss: number;
  readonly smoothed: number;
}

export interface LrFindResult {
  /** Ends where the loss explodes. */
  readonly curve: readonly LrPoint[];
  /** Where the smoothed loss falls fastest per decade; null: it does not fall. */
  readonly suggestion: number | null;
  /** Where the smoothed loss is least: rates near it are already too large. */
  readonly minimum: number;
}

/** Weight of the past in the smoothed loss. */
const smoothing = 0.95;

/** The sweep ends when the smoothed loss is this many times its minimum so far. */
const runaway = 4;

/** @throws UserError: usage, data, io, model */
export async function findLearningRate(options: LrFindOptions, listen: Listener): Promise<LrFindResult> {
  const { steps, from, to } = options;
  const given = options.spec.spec;
  const train = { ...given.train, epochs: null, max_steps: steps, early_stopping: null, target: null };
  const work = await assemble(
    { ...options, spec: { ...options.spec, spec: { ...given, schedule: null, train } } },
    listen,
  );
  try {
    const rates = Array.from({ length: steps }, (_, i) => from * (to / from) ** (i / Math.max(1, steps - 1)));
    const curve: LrPoint[] = [];
    let [average, least] = [0, Number.POSITIVE_INFINITY];
    for await (const loss of sweepRates(work.trainer, rates)) {
      average = smoothing * average + (1 - smoothing) * loss;
      const smoothed = average / (1 - smoothing ** (curve.length + 1));
      if (!(smoothed <= runaway * least) && curve.length > 0) break;
      least = Math.min(least, smoothed);
      curve.push({ lr: rates[curve.length]!, loss, smoothed });
    }
    return { curve, suggestion: steepest(curve), minimum: lowest(curve).lr };
  } finally {
    await work.close();
  }
}

/** Fraction of the curve, at its start, that is ignored as noise: averages of few losses. */
const settling = 0.1;

/** Fraction of the curve over which a slope is taken, on either side. */
const reach = 0.04;

/** Equal steps of the curve are equal factors of the rate, so that differences are slopes per decade. */
function steepest(curve: readonly LrPoint[]): number | null {
  let [best, found] = [0, null as number | null];
  const end = curve.indexOf(lowest(curve));
  const width = Math.max(1, Math.round(reach * curve.length));
  for (let i = Math.ceil(settling * curve.length) + width; i + width <= end; i++) {
    const slope = curve[i + width]!.smoothed - curve[i - width]!.smoothed;
    if (slope < best) [best, found] = [slope, curve[i]!.lr];
  }
  return found;
}

function lowest(curve: readonly LrPoint[]): LrPoint {
  return curve.reduce((low, point) => (point.smoothed < low.smoothed ? point : low));
}
