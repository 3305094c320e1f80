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
    private readonly k: Kernels,
    private readonly spec: LbfgsSpec,
    private readonly optimized: Pick<Optimized, "theta"> & { readonly gradient: Matrix },
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
    const { k, spec, optimized, start, before, direction } = this;
    const { theta, gradient } = optimized;
    const f = await evaluate();
    start.set(await k.read(theta));
    before.set(await k.read(gradient));
    const longest = largest(before);
    if (!(longest > spec.tolerance_grad)) return;
    const isFirst = await this.point();
    const slope = dot(before, direction);
    if (!(slope < -spec.tolerance_change)) return;
    const origin: Point = { t: 0, f, slope };
    let here = 0;
    const at = async (t: number): Promise<Point> => {
      k.write(theta, (values) => {
        for (let i = 0; i < values.length; i++) values[i] = start[i]! + t * direction[i]!;
      });
      here = t;
      const f = await evaluate();
      return { t, f, slope: dot(await k.read(gradient), direction) };
    };
    const first = isFirst ? Math.min(1, 1 / sumOfSizes(before)) * lr : lr;
    const shortest = spec.tolerance_change / largest(direction);
    const found = await strongWolfe(at, origin, first, { most: spec.max_eval, shortest });
    if (!(found.f < f)) {
      k.write(theta, (values) => values.set(start));
      return;
    }
    if (here !== found.t) await at(found.t);
    await this.remember();
  }

  /** The direction −H g by the two loops of Nocedal 1980; true when there is no history yet. */
  private async point(): Promise<boolean> {
    const { k, direction: q, before, alphas } = this;
    const steps = await Promise.all(this.steps.map((step) => k.read(step)));
    const changes = await Promise.all(this.changes.map((change) => k.read(change)));
    for (let i = 0; i < q.length; i++) q[i] = -before[i]!;
    const curvatures = steps.map((s, i) => dot(s, changes[i]!));
    for (let n = steps.length - 1; n >= 0; n--) {
      if (curvatures[n] === 0) continue;
      alphas[n] = dot(steps[n]!, q) / curvatures[n]!;
      addScaled(q, changes[n]!, -alphas[n]!);
    }
    const newest = changes.at(-1)!;
    const scale = curvatures.at(-1)! / dot(newest, newest);
    if (!(scale > 0)) return true;
    for (let i = 0; i < q.length; i++) q[i] = scale * q[i]!;
    for (let n = 0; n < steps.length; n++) {
      if (curvatures[n] === 0) continue;
      const beta = dot(changes[n]!, q) / curvatures[n]!;
      addScaled(q, steps[n]!, alphas[n]! - beta);
    }
    return false;
  }

  /** The step just made and the change of the gradient become the newest of the history. */
  private async remember(): Promise<void> {
    const { k, steps, changes, start, before, optimized } = this;
    const [theta, gradient] = [await k.read(optimized.theta), await k.read(optimized.gradient)];
    let curvature = 0;
    for (let i = 0; i < start.length; i++) curvature += (theta[i]! - start[i]!) * (gradient[i]! - before[i]!);
    if (!(curvature > leastCurvature)) return;
    for (let i = 0; i < start.length; i++) {
      start[i] = theta[i]! - start[i]!;
      before[i] = gradient[i]! - before[i]!;
    }
    for (const history of [steps, changes])
      for (let n = 1; n < history.length; n++) k.copy(history[n - 1]!, history[n]!);
    k.write(steps.at(-1)!, (s) => s.set(start));
    k.write(changes.at(-1)!, (y) => y.set(before));
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
