/**
 * How far to go along a direction: the strong Wolfe conditions, by bracketing and cubic interpolation, step by
 * step as torch.optim.LBFGS (after Nocedal and Wright 2006, algorithms 3.5 and 3.6).
 */

/** A place on the way: step, loss, and slope of the loss along the direction. */
export interface Point {
  readonly t: number;
  readonly f: number;
  readonly slope: number;
}

interface Limits {
  /** Evaluations. */
  readonly most: number;
  /** Brackets shorter than this, along the longest element of the direction, are not searched further. */
  readonly shortest: number;
}

/** Shares of the first slope: the least decrease, and the most that may be left of the slope. */
const [decrease, curvature] = [1e-4, 0.9];

/** The best place found; not farther than `start` unless the loss still falls there. */
export async function strongWolfe(
  at: (t: number) => Promise<Point>,
  origin: Point,
  start: number,
  { most, shortest }: Limits,
): Promise<Point> {
  const isTooHigh = (point: Point) => point.f > origin.f + decrease * point.t * origin.slope;
  const isFlat = (point: Point) => Math.abs(point.slope) <= -curvature * origin.slope;
  let previous = origin;
  let point = await at(start);
  let count = 0;
  let bracket: [Point, Point] | null = null;
  for (; count < most; count++) {
    if (isTooHigh(point) || !Number.isFinite(point.f) || (count > 1 && point.f >= previous.f)) {
      bracket = [previous, point];
      break;
    }
    if (isFlat(point)) return point;
    if (point.slope >= 0) {
      bracket = [previous, point];
      break;
    }
    const bounds = [point.t + 0.01 * (point.t - previous.t), 10 * point.t] as const;
    const t = cubicMinimum(previous, point, bounds);
    previous = point;
    point = await at(t);
  }
  return zoom(at, bracket ?? [origin, point], { isTooHigh, isFlat, most: most - count, shortest });
}

interface Zoom extends Limits {
  isTooHigh(point: Point): boolean;
  isFlat(point: Point): boolean;
}

/** Narrows a bracket that holds a good place; gives its lower end. */
async function zoom(
  at: (t: number) => Promise<Point>,
  [a, b]: [Point, Point],
  { isTooHigh, isFlat, most, shortest }: Zoom,
): Promise<Point> {
  let [low, high] = b.f < a.f ? [b, a] : [a, b];
  let wasNearEnd = false;
  for (let count = 0; count < most && Math.abs(high.t - low.t) >= shortest; count++) {
    const [least, largest] = [Math.min(low.t, high.t), Math.max(low.t, high.t)];
    let t = Number.isFinite(high.f) ? cubicMinimum(low, high, [least, largest]) : (least + largest) / 2;
    const margin = 0.1 * (largest - least);
    const isNearEnd = Math.min(largest - t, t - least) < margin;
    if (isNearEnd && (wasNearEnd || t >= largest || t <= least)) {
      t = Math.abs(t - largest) < Math.abs(t - least) ? largest - margin : least + margin;
      wasNearEnd = false;
    } else wasNearEnd = isNearEnd;
    const point = await at(t);
    if (isTooHigh(point) || !(point.f < low.f)) {
      high = point;
      continue;
    }
    if (isFlat(point)) return point;
    if (point.slope * (high.t - low.t) >= 0) high = low;
    low = point;
  }
  return low;
}

/** Where the cubic through two places with their slopes is least, within bounds; else the bounds' middle. */
export function cubicMinimum(a: Point, b: Point, [least, most]: readonly [number, number]): number {
  const [p, q] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = p.slope + q.slope - (3 * (p.f - q.f)) / (p.t - q.t);
  const square = d1 * d1 - p.slope * q.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = Math.sqrt(square);
  const t = q.t - (q.t - p.t) * ((q.slope + d2 - d1) / (q.slope - p.slope + 2 * d2));
  return Math.min(Math.max(t, least), most);
}
