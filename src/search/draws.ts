/** Random combinations: a function of the trial's number alone, whatever came before. */
import { type RandomKey, randomUniform, streamKey } from "../support/random.ts";
import { type Point, valueAt } from "./space.ts";
import type { Known, SearchSettings } from "./strategy.ts";

/** The stream of random numbers for one dimension of one trial; every attempt has another. */
export function drawsOf(
  { seed, space }: SearchSettings,
  trial: number,
  dimension: number,
  attempt: number,
): RandomKey {
  return streamKey(seed, "search", trial, attempt * Object.keys(space).length + dimension);
}

/** A uniform draw from the space. */
export function randomPoint(settings: SearchSettings, trial: number, attempt = 0): Point {
  const entries = Object.entries(settings.space).map(([path, dimension], index) => {
    const u = randomUniform(drawsOf(settings, trial, index, attempt), 0);
    return [path, valueAt(dimension, u)];
  });
  return Object.fromEntries(entries);
}

/** Attempts to avoid repeating an earlier trial; then a repetition is accepted, as small spaces run out. */
const mostAttempts = 16;

/** The first draw that no earlier trial has had. */
export function newPoint(before: readonly Known[], draw: (attempt: number) => Point): Point {
  const tried = new Set(before.map(({ point }) => JSON.stringify(point)));
  for (let attempt = 0; ; attempt++) {
    const point = draw(attempt);
    if (attempt === mostAttempts || !tried.has(JSON.stringify(point))) return point;
  }
}
