/**
 * L-BFGS with a strong Wolfe line search, as torch.optim.LBFGS: an update is one iteration over all rows, which
 * evaluates the loss as often as the search needs. For small data and few parameters; sums are in 64 bit.
 */
import type { OptimizerSpec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import { type Point, strongWolfe } from "./lineSearch.ts";
import type { Optimized, Slot } from "./optimizers.ts";

type LbfgsSpec = Extract<OptimizerSpec, { name: "lbfgs" }>;

/** Pairs with less curvature than this are not kept: they would make the next direction unstable. */
const leastCurvature = 1e-10;

export class Lbfgs {
  /** The latest steps and what they changed of the gradient, the newest last; unused ones are zeros. */
  readonly slots: readonly Slot[];
  private readonly steps: readonly Matrix[];
  private readonly changes: readonly Matrix[];
  private readonly start: Float64Array;
  private readonly before: Float64Array;
  private readonly direction: Float64Array;
  private readonly alphas: Float64Array;

  constructor(
    k: Kernels,
    private readonly spec: LbfgsSpec,
    private readonly optimized: Pick<Optimized, "theta" | "gradient">,
  ) {
    const { size } = optimized.theta;
    const row = (name: string) =>
      Array.from({ length: spec.history_size }, (_, i) => ({
        name: `${name}_${i}`,
        value: k.matrix(1, size),
      }));
    const [steps, changes] = [row("step"), row("change")];
    this.slots = [...steps, ...changes];
    this.steps = steps.map(({ value }) => value);
    this.changes = changes.map(({ value }) => value);
    this.start = new Float64Array(size);
    this.before = new Float64Array(size);
    this.direction = new Float64Array(size);
    this.alphas = new Float64Array(spec.history_size);
  }

  /** One iteration; `evaluate` gives the loss at θ and leaves its gradient. θ stays where nothing is better. */
  async step(lr: number, evaluate: () => Promise<number>): Promise<void> {
    const { spec, optimized, start, before, direction } = this;
    const { theta, gradient } = optimized;
    const f = await evaluate();
    start.set(theta.values);
    before.set(gradient.values);
    const longest = largest(before);
    if (!(longest > spec.tolerance_grad)) return;
    const isFirst = this.point();
    const slope = dot(before, direction);
    if (!(slope < -spec.tolerance_change)) return;
    const origin: Point = { t: 0, f, slope };
    let here = 0;
    const at = async (t: number): Promise<Point> => {
      const values = theta.values;
      for (let i = 0; i < values.length; i++) values[i] = start[i]! + t * direction[i]!;
      here = t;
      const f = await evaluate();
      return { t, f, slope: dot(gradient.values, direction) };
    };
    const first = isFirst ? Math.min(1, 1 / sumOfSizes(before)) * lr : lr;
    const shortest = spec.tolerance_change / largest(direction);
    const found = await strongWolfe(at, origin, first, { most: spec.max_eval, shortest });
    if (!(found.f < f)) {
      theta.values.set(start);
      return;
    }
    if (here !== found.t) await at(found.t);
    this.remember();
  }

  /** The direction −H g by the two loops of Nocedal 1980; true when there is no history yet. */
  private point(): boolean {
    const { steps, changes, direction: q, before, alphas } = this;
    for (let i = 0; i < q.length; i++) q[i] = -before[i]!;
    const curvatures = steps.map((s, i) => dot(s.values, changes[i]!.values));
    for (let n = steps.length - 1; n >= 0; n--) {
      if (curvatures[n] === 0) continue;
      alphas[n] = dot(steps[n]!.values, q) / curvatures[n]!;
      addScaled(q, changes[n]!.values, -alphas[n]!);
    }
    const newest = changes.at(-1)!.values;
    const scale = curvatures.at(-1)! / dot(newest, newest);
    if (!(scale > 0)) return true;
    for (let i = 0; i < q.length; i++) q[i] = scale * q[i]!;
    for (let n = 0; n < steps.length; n++) {
      if (curvatures[n] === 0) continue;
      const beta = dot(changes[n]!.values, q) / curvatures[n]!;
      addScaled(q, steps[n]!.values, alphas[n]! - beta);
    }
    return false;
  }

  /** The step just made and the change of the gradient become the newest of the history. */
  private remember(): void {
    const { steps, changes, start, before, optimized } = this;
    const [theta, gradient] = [optimized.theta.values, optimized.gradient.values];
    let curvature = 0;
    for (let i = 0; i < start.length; i++) curvature += (theta[i]! - start[i]!) * (gradient[i]! - before[i]!);
    if (!(curvature > leastCurvature)) return;
    for (const history of [steps, changes])
      for (let n = 1; n < history.length; n++) history[n - 1]!.values.set(history[n]!.values);
    const [s, y] = [steps.at(-1)!.values, changes.at(-1)!.values];
    for (let i = 0; i < start.length; i++) {
      s[i] = theta[i]! - start[i]!;
      y[i] = gradient[i]! - before[i]!;
    }
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(to: Float64Array, from: ArrayLike<number>, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = to[i]! + factor * from[i]!;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

function sumOfSizes(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]!);
  return sum;
}
