/**
 * The tree-structured Parzen estimator: Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter
 * Optimization" (2011), section 4. Trials are split into good and bad; of values drawn from the density l of the good
 * ones, the one that maximises l(x)/g(x) is chosen, g being the density of the bad ones: that maximises the expected
 * improvement. Every dimension is treated independently.
 */
import type { DimensionSpec, MethodSpec, RangeSpec } from "../config/schema.ts";
import { erf } from "../engine/special.ts";
import { type RandomKey, randomNormal, randomUniform } from "../support/random.ts";
import { drawsOf, newPoint, randomPoint } from "./draws.ts";
import { boundsOf, coordinateOf, numberAt, type Point } from "./space.ts";
import type { Known, SearchSettings } from "./strategy.ts";

type TpeSpec = Extract<MethodSpec, { name: "tpe" }>;

/** The values of the next trial; uniformly random until there are enough results to learn from. */
export function tpePoint(settings: SearchSettings, method: TpeSpec, before: readonly Known[]): Point {
  const trial = before.length + 1;
  const known = before.filter(({ loss }) => loss !== undefined).sort((a, b) => a.loss! - b.loss!);
  if (known.length < method.startup || known[0]!.loss === Infinity)
    return newPoint(before, (attempt) => randomPoint(settings, trial, attempt));
  const split = Math.ceil(method.gamma * known.length);
  const [good, bad] = [known.slice(0, split), known.slice(split)];
  return newPoint(before, (attempt) => {
    const entries = Object.entries(settings.space).map(([path, dimension], index) => {
      const valuesOf = (trials: readonly Known[]) => trials.map(({ point }) => point[path]);
      const key = drawsOf(settings, trial, index, attempt);
      return [path, mostPromising(dimension, valuesOf(good), valuesOf(bad), method.candidates, key)];
    });
    return Object.fromEntries(entries);
  });
}

/** A density over a dimension that can be drawn from. */
interface Density<T> {
  draw(key: RandomKey, candidate: number): T;
  at(value: T): number;
}

function mostPromising(
  dimension: DimensionSpec,
  good: readonly unknown[],
  bad: readonly unknown[],
  candidates: number,
  key: RandomKey,
): unknown {
  if (dimension.type === "choice") {
    const indexOf = (value: unknown) => dimension.values.findIndex((one) => sameValue(one, value));
    const density = (values: readonly unknown[]) => counts(dimension.values.length, values.map(indexOf));
    return dimension.values[best(density(good), density(bad), candidates, key)];
  }
  const density = (values: readonly unknown[]) =>
    parzen(
      dimension,
      values.map((value) => coordinateOf(dimension, Number(value))),
    );
  return numberAt(dimension, best(density(good), density(bad), candidates, key));
}

/** Among values drawn from l, the one with the largest l/g. */
function best<T>(l: Density<T>, g: Density<T>, candidates: number, key: RandomKey): T {
  const drawn = Array.from({ length: candidates }, (_, candidate) => l.draw(key, candidate));
  const scores = drawn.map((value) => l.at(value) / g.at(value));
  return drawn[scores.indexOf(Math.max(...scores))]!;
}

/** Choices: how often each was made, plus one, so that none is ruled out. */
function counts(size: number, chosen: readonly number[]): Density<number> {
  const shares = new Array<number>(size).fill(1 / (size + chosen.length));
  for (const choice of chosen) shares[choice]! += 1 / (size + chosen.length);
  return {
    draw(key, candidate) {
      let rest = randomUniform(key, candidate);
      const found = shares.findIndex((share) => {
        rest -= share;
        return rest < 0;
      });
      return found < 0 ? size - 1 : found;
    },
    at: (choice) => shares[choice]!,
  };
}

/** One bump of a mixture. */
interface Bump {
  readonly centre: number;
  readonly width: number;
}

/** Attempts to draw a normal variate within the range before its centre is taken instead. */
const mostDraws = 64;

/**
 * Ranges: a normal distribution around every value, truncated to the range, as wide as the larger of the
 * distances to its neighbours, and a wide one over the whole range.
 */
function parzen(range: RangeSpec, values: readonly number[]): Density<number> {
  const { low, high } = boundsOf(range);
  const bumps = bumpsAt(values, low, high);
  const masses = bumps.map(
    ({ centre, width }) => below((high - centre) / width) - below((low - centre) / width),
  );
  return {
    draw(key, candidate) {
      const start = candidate * (mostDraws + 1);
      // A normal variate takes two uniforms, the choice of a bump the first of the pair before them.
      const { centre, width } = bumps[Math.floor(randomUniform(key, 2 * start) * bumps.length)]!;
      for (let attempt = 1; attempt <= mostDraws; attempt++) {
        const value = centre + width * randomNormal(key, start + attempt);
        if (value >= low && value < high) return value;
      }
      return centre;
    },
    at(value) {
      const densities = bumps.map(
        ({ centre, width }, i) => Math.exp(-0.5 * ((value - centre) / width) ** 2) / (width * masses[i]!),
      );
      return densities.reduce((sum, density) => sum + density, 0) / bumps.length;
    },
  };
}

function bumpsAt(values: readonly number[], low: number, high: number): Bump[] {
  const range = high - low;
  const prior: Bump = { centre: (low + high) / 2, width: range };
  const centres = [...values, prior.centre].sort((a, b) => a - b);
  const narrowest = range / Math.min(100, 1 + centres.length);
  const around = values.map((centre) => {
    const index = centres.indexOf(centre);
    const left = centre - (centres[index - 1] ?? low);
    const right = (centres[index + 1] ?? high) - centre;
    return { centre, width: Math.min(range, Math.max(narrowest, left, right)) };
  });
  return [...around, prior];
}

/** The standard normal distribution function. */
const below = (z: number) => (1 + erf(z / Math.SQRT2)) / 2;

const sameValue = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
