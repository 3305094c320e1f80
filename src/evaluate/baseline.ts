/** What anyone would answer without a network: the mean or the most frequent class, and a linear model's answers. */
import { type AnySplit, isStreamed, type Split } from "../data/dataset/dataset.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { answersOf } from "../tasks/tasks.ts";
import type { BaselineFigures } from "../train/events.ts";

/** Where all rows are trained on, they are measured in so many parts, each by the rest. */
const parts = 5;
/** Multiplications for products of inputs, a second or two: more rows are sampled, more inputs left out. */
const mostWork = 2e9;
const fewestRows = 2000;
/** As scikit-learn's Ridge. */
const penalty = 1;

/**
 * Figures of the linear model are of ridge regression, on classes as numbers 0 and 1. Of a table with one target of classes, or one of numbers; null for others.
 * @param measured the rows that are predicted; null: all, by cross-validation
 */
export function baselinesOf(
  { target, inputs }: Preprocessing,
  train: AnySplit,
  measured: AnySplit | null,
): BaselineFigures | null {
  const { kind, scalings, classes, names } = answersOf(target);
  const isSparse = inputs.kind === "columns" && inputs.columns.some(({ type }) => type === "text");
  if (inputs.kind !== "columns" || names.length > 1 || (kind !== "class" && kind !== "numbers")) return null;
  if (isStreamed(train) || (measured && isStreamed(measured))) return null;
  const width = classes?.[0]?.length ?? 1;
  const tasks = measured ? [{ fit: train, on: measured }] : dealt(train);
  const sums = { constant: 0, linear: 0, rows: 0 };
  let isLinear = !isSparse;
  for (const { fit, on } of tasks) {
    const wanted = (split: Split, row: number, output: number) =>
      classes ? (split.targets[row] === output ? 1 : 0) : split.targets[row]!;
    const constant = meansOf(fit, width, wanted);
    const linear: ReturnType<typeof ridge> = isLinear ? ridge(fit, width, wanted) : null;
    isLinear = linear !== null;
    for (const row of on.indices) {
      const target = on.targets[row]!;
      sums.constant += errorOf(constant, target, classes !== null);
      if (linear) sums.linear += errorOf(linear(on, row), target, classes !== null);
      sums.rows++;
    }
  }
  const unit = Math.abs(scalings?.[0]?.scale ?? 1);
  const figure = (sum: number) => (classes ? 1 - sum / sums.rows : unit * Math.sqrt(sum / sums.rows));
  const ofLinear = figure(sums.linear);
  return {
    metric: classes ? "accuracy" : "rmse",
    constant: figure(sums.constant),
    linear: isLinear && Number.isFinite(ofLinear) ? ofLinear : null,
  };
}

/** 1 for a wrong class, or the squared distance of a number. */
function errorOf(answer: Float64Array, target: number, isClass: boolean): number {
  if (!isClass) return (answer[0]! - target) ** 2;
  return answer.indexOf(Math.max(...answer)) === target ? 0 : 1;
}

function dealt(all: Split) {
  return Array.from({ length: Math.min(parts, all.indices.length) }, (_, part) => ({
    fit: { ...all, indices: all.indices.filter((_, i) => i % parts !== part) },
    on: { ...all, indices: all.indices.filter((_, i) => i % parts === part) },
  }));
}

type Wanted = (split: Split, row: number, output: number) => number;

function meansOf(split: Split, width: number, wanted: Wanted): Float64Array {
  return Float64Array.from({ length: width }, (_, output) => {
    let sum = 0;
    for (const row of split.indices) sum += wanted(split, row, output);
    return sum / Math.max(1, split.indices.length);
  });
}

/** Y = [X 1] B with (Xᵀ X + λ I) B = Xᵀ Y, where the constant's own λ is 0; as a function of a row. */
function ridge(split: Split, width: number, wanted: Wanted) {
  const { table } = split;
  const [scale, shift] = "scale" in table ? [table.scale, table.shift] : [1, 0];
  const n = table.cols + 1;
  const most = Math.floor(mostWork / n ** 2);
  if (most < fewestRows) return null;
  const every = Math.ceil(split.indices.length / most);
  const x = new Float64Array(n);
  const read = ({ table: { values } }: Split, row: number) => {
    for (let j = 0; j < n - 1; j++) x[j] = values[row * (n - 1) + j]! * scale + shift;
    x[n - 1] = 1;
  };
  const G = new Float64Array(n * n);
  const B = new Float64Array(n * width);
  for (let i = 0; i < split.indices.length; i += every) {
    const row = split.indices[i]!;
    read(split, row);
    for (let j = 0; j < n; j++) {
      const xj = x[j]!;
      if (xj === 0) continue; // of most levels
      for (let k = 0; k <= j; k++) G[j * n + k]! += xj * x[k]!;
      for (let c = 0; c < width; c++) B[j * width + c]! += xj * wanted(split, row, c);
    }
  }
  for (let j = 0; j < n - 1; j++) G[j * n + j]! += penalty;
  solve(G, B, n, width);
  const answer = new Float64Array(width);
  return (of: Split, row: number): Float64Array => {
    read(of, row);
    answer.fill(0);
    for (let j = 0; j < n; j++) for (let c = 0; c < width; c++) answer[c]! += x[j]! * B[j * width + c]!;
    return answer;
  };
}

/** G X = B in place of B, G symmetric and positive, by its lower half: Cholesky's L Lᵀ, then both triangles. */
function solve(G: Float64Array, B: Float64Array, n: number, width: number): void {
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let sum = G[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= G[i * n + k]! * G[j * n + k]!;
      G[i * n + j] = i === j ? Math.sqrt(sum) : sum / G[j * n + j]!;
    }
  for (let c = 0; c < width; c++) {
    for (let i = 0; i < n; i++) {
      let sum = B[i * width + c]!;
      for (let k = 0; k < i; k++) sum -= G[i * n + k]! * B[k * width + c]!;
      B[i * width + c] = sum / G[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = B[i * width + c]!;
      for (let k = i + 1; k < n; k++) sum -= G[k * n + i]! * B[k * width + c]!;
      B[i * width + c] = sum / G[i * n + i]!;
    }
  }
}
