/**
 * The loss over a network's parameters, and the path that training takes over it: over both of them where there are two,
 * as slope and intercept of a line, else along the two directions in which the path goes farthest (the principal
 * components of its points, as Li, Xu, Taylor, Studer and Goldstein 2018, section 7). Saves nothing.
 */
import { type AnySplit, isStreamed } from "../data/dataset/dataset.ts";
import { blocksOf } from "../data/preprocessing/preprocessing.ts";
import { Measure } from "../evaluate/measure.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import { lossRule } from "../model/losses.ts";
import { firstNonFinite } from "../support/finite.ts";
import type { Listener } from "../train/events.ts";
import { rowsIn } from "../train/residentRows.ts";
import { Diverged } from "../train/trainEpoch.ts";
import { type Assembly, type AssemblyOptions, assemble } from "./assembly.ts";
import { principalDirections } from "./principal.ts";
import type { Axis, Landscape } from "./reportData.ts";

export interface LandscapeOptions extends AssemblyOptions {
  /** Points of the grid along each axis. */
  readonly size: number;
  /** Updates of the path, at most; absent: all of the spec's. */
  readonly mostSteps?: number;
}

/** Points of the path that are kept, and multiply-adds that finding its directions may take. */
const mostPoints = 240;
const mostWork = 2e9;
/** Rows that the loss is the mean over; more would show the same. */
const mostRows = 2000;
/** How far the picture goes beyond the path, which ends in its middle. */
const margin = 1.25;

/** @throws UserError: usage, data, io, model, diverged */
export async function landscape(options: LandscapeOptions, listen: Listener): Promise<Landscape> {
  const work = await assemble(options, listen);
  try {
    const points = await pathOf(work, options.mostSteps);
    const plane = planeOf(
      work,
      points.map(({ theta }) => theta),
    );
    const at = points.map(({ step, theta }) => ({ step, ...plane.place(theta) }));
    const half = Math.max(...at.map(({ x, y }) => Math.max(Math.abs(x), Math.abs(y))), 1e-6);
    const reach = (of: "x" | "y") => {
      const own = Math.max(...at.map((point) => Math.abs(point[of])));
      return margin * (own > half / 50 ? own : half);
    };
    const axis = (of: "x" | "y", label: string, origin: number): Axis => ({
      label,
      values: steps(-reach(of), reach(of), options.size).map((value) => origin + value),
    });
    const x = axis("x", plane.labels[0], plane.origin[0]);
    const y = axis("y", plane.labels[1], plane.origin[1]);
    const { measure, rows } = measureOf(work);
    const loss: number[][] = [];
    for (const b of y.values) {
      const row: number[] = [];
      for (const a of x.values) {
        work.k.write(work.model.theta, (theta) =>
          theta.set(plane.theta(a - plane.origin[0], b - plane.origin[1])),
        );
        row.push((await measure.figures([])).loss!);
      }
      loss.push(row);
    }
    const path = at.map(({ step, x, y }) => ({ step, x: x + plane.origin[0], y: y + plane.origin[1] }));
    return { name: work.network.spec.name, x, y, loss, path, shown: plane.shown, rows };
  } finally {
    await work.close();
  }
}

/** Of a report: a run of two numbers, short enough to be trained once more for the picture. */
const reported = { parameters: 2, steps: 20_000, rows: 20_000, size: 41 };

/** Of a finished run, for its report; null for one that is too long, or has other than two parameters. */
export async function landscapeOfRun(
  options: AssemblyOptions,
  { parameters, steps, processes }: Pick<Summary, "parameters" | "steps" | "processes">,
  rows: number,
): Promise<Landscape | null> {
  const isShort = steps > 0 && steps <= reported.steps && rows <= reported.rows;
  if (parameters !== reported.parameters || !isShort || processes) return null;
  const { backend: _, ...others } = options;
  return landscape({ ...others, size: reported.size, mostSteps: steps }, () => {});
}

interface Point {
  readonly step: number;
  readonly theta: Float64Array;
}

/** θ before the first update, and after some of them, the last among these. */
async function pathOf({ trainer, model, k }: Assembly, mostSteps = Infinity): Promise<Point[]> {
  const { state } = trainer;
  const lastStep = Math.min(mostSteps, trainer.length.totalSteps);
  const most = Math.max(8, Math.min(mostPoints, Math.floor(Math.sqrt(mostWork / model.theta.size))));
  const every = Math.ceil(lastStep / most);
  const points: Point[] = [];
  const keep = async () => {
    const theta = Float64Array.from(await k.read(model.theta));
    if (firstNonFinite(theta) >= 0)
      throw new Diverged(`a weight is no longer finite at update ${state.step}`);
    points.push({ step: state.step, theta });
  };
  await keep();
  while (state.step < lastStep) {
    trainer.begin();
    while (!trainer.isEpochOver && state.step < lastStep) {
      const made = trainer.update();
      if (made) await made;
      if (state.step % every === 0 || state.step === lastStep) await keep();
    }
    trainer.end();
    trainer.finishEpoch();
  }
  return points;
}

/** Two coordinates of θ, counted from where the path ends. */
interface Plane {
  readonly labels: readonly [string, string];
  /** The coordinates of the path's end. */
  readonly origin: readonly [number, number];
  readonly shown: number;
  place(theta: Float64Array): { x: number; y: number };
  theta(x: number, y: number): Float64Array;
}

function planeOf({ model }: Assembly, thetas: readonly Float64Array[]): Plane {
  const end = thetas.at(-1)!;
  const places = model.parameters.flatMap(({ name, value }) =>
    Array.from({ length: value.size }, (_, i) => ({ name, at: value.offset - model.theta.offset + i })),
  );
  const [first, second] = places;
  if (places.length === 2 && first && second) {
    const isLine = first.name === "layers.0.weight" && second.name === "layers.0.bias";
    const unit = (at: number) => end.map((_, i) => (i === at ? 1 : 0));
    const labels = isLine ? (["slope w", "intercept b"] as const) : ([first.name, second.name] as const);
    return along(end, [unit(first.at), unit(second.at)], labels, [end[first.at]!, end[second.at]!], 1);
  }
  const { directions, shares } = principalDirections(thetas, end);
  const percent = (share: number) => `${(100 * share).toFixed(share > 0.995 ? 1 : 0)} %`;
  const labels = [
    `first direction of the path (${percent(shares[0])})`,
    `second direction (${percent(shares[1])})`,
  ] as const;
  return along(end, directions, labels, [0, 0], Math.min(1, shares[0] + shares[1]));
}

function along(
  end: Float64Array,
  [u, v]: readonly [Float64Array, Float64Array],
  labels: readonly [string, string],
  origin: readonly [number, number],
  shown: number,
): Plane {
  const product = (theta: Float64Array, d: Float64Array) =>
    theta.reduce((sum, value, i) => sum + (value - end[i]!) * d[i]!, 0);
  return {
    labels,
    origin,
    shown,
    place: (theta) => ({ x: product(theta, u), y: product(theta, v) }),
    theta: (x, y) => end.map((value, i) => value + x * u[i]! + y * v[i]!),
  };
}

function measureOf({ k, model, data, network, preprocessing }: Assembly): { measure: Measure; rows: number } {
  const { train } = data.splits;
  const some: AnySplit = isStreamed(train)
    ? train
    : { ...train, indices: train.indices.subarray(0, mostRows) };
  const rule = lossRule(k, network.spec.loss, network.outputs, blocksOf(preprocessing));
  const rows = rowsIn(k)(some);
  return { measure: new Measure(k, model, rows, rule, preprocessing.target), rows: rows.count };
}

function steps(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}
