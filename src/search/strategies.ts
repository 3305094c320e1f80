/** The search strategies, one row each. */
import type { MethodSpec } from "../config/schema.ts";
import { newPoint, randomPoint } from "./draws.ts";
import { halvingJob, rungsOf } from "./halving.ts";
import { gridPoint, gridSize, type Point } from "./space.ts";
import type { Known, SearchSettings, Strategy } from "./strategy.ts";
import { tpePoint } from "./tpe.ts";

type MethodName = MethodSpec["name"];
type MethodNamed<Name extends MethodName> = Extract<MethodSpec, { name: Name }>;

const defaultTrials = 30;

/** How many combinations are tried. */
export function trialsOf({ method, trials, space }: SearchSettings): number {
  if (method.name === "grid") return Math.min(gridSize(space), trials ?? Infinity);
  return trials ?? defaultTrials;
}

export function strategyOf(settings: SearchSettings): Strategy {
  const { method } = settings;
  const row: (settings: SearchSettings, method: never) => Strategy = strategies[method.name];
  return row(settings, method as never);
}

const strategies = {
  grid: (settings) => wholeTrials(settings, false, ({ length }) => gridPoint(settings.space, length)),
  random: (settings) =>
    wholeTrials(settings, false, (before) =>
      newPoint(before, (attempt) => randomPoint(settings, before.length + 1, attempt)),
    ),
  tpe: (settings, method) => wholeTrials(settings, true, (before) => tpePoint(settings, method, before)),
  halving(settings, method) {
    const trials = trialsOf(settings);
    const rungs = rungsOf(settings.epochs!, method, trials);
    return { learns: true, propose: (before) => halvingJob(settings, rungs, method, trials, before) };
  },
} satisfies {
  [Name in MethodName]: (settings: SearchSettings, method: MethodNamed<Name>) => Strategy;
};

/** A strategy whose trials are only judged at their end. */
function wholeTrials(
  settings: SearchSettings,
  learns: boolean,
  pointAfter: (before: readonly Known[]) => Point,
): Strategy {
  const trials = trialsOf(settings);
  return {
    learns,
    propose: (before) =>
      before.length < trials ? { trial: before.length + 1, epochs: null, point: pointAfter(before) } : null,
  };
}
