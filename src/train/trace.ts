/** Repeats an update's passes layer by layer to find where the first number that is not finite comes from. */
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Model, Pass } from "../model/model.ts";
import { firstNonFinite } from "../support/finite.ts";

/** The first number of an update that is not finite. */
export interface Trace {
  /** `the output of layers.2 (linear) is Infinity`. */
  readonly what: string;
  /**
   * A row by its number in the table, and its largest or non-finite input: the first row that shows the number, or,
   * where all rows contributed to it, that with the largest input of all.
   */
  readonly record: {
    readonly row: number;
    readonly column: number;
    readonly value: number;
    readonly isSure: boolean;
  };
}

interface Found {
  readonly what: string;
  /** In the batch; null: all rows contributed. */
  readonly row: number | null;
}

/** Runs one batch forward, layer by layer, up to the first output that is not finite. */
export async function traceForward(
  k: Kernels,
  model: Model,
  pass: Pass,
  step: number,
): Promise<Found | null> {
  const inputs = await bad(k, pass.X);
  if (inputs) return { what: `the input is ${inputs.value}`, row: inputs.row };
  for (const [index, Y] of pass.outputs.entries()) {
    pass.forwardLayer(index, "train", step);
    const found = await bad(k, Y);
    if (!found) continue;
    const { type } = model.description.layers[index]!.spec;
    return { what: `the output of layers.${index} (${type}) is ${found.value}`, row: found.row };
  }
  return null;
}

/** After a backward pass: of the gradients that are not finite, the one computed first. */
export async function traceBackward(k: Kernels, model: Model): Promise<Found | null> {
  for (const { name, gradient } of model.parameters.toReversed()) {
    const values = await k.read(gradient);
    const index = firstNonFinite(values);
    if (index >= 0) return { what: `the gradient of ${name} is ${values[index]}`, row: null };
  }
  return null;
}

/** The row with an input that is not finite, or else with the largest. */
export async function largestRow(k: Kernels, X: Matrix): Promise<number> {
  const values = await k.read(X);
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) return Math.floor(i / X.cols);
    if (Math.abs(values[i]!) > Math.abs(values[largest]!)) largest = i;
  }
  return Math.floor(largest / X.cols);
}

/** The column of a row of inputs that is not finite, or else the largest. */
export async function suspect(
  k: Kernels,
  X: Matrix,
  row: number,
): Promise<{ column: number; value: number }> {
  let column = 0;
  const values = await k.read(X);
  const at = (j: number) => values[row * X.cols + j]!;
  for (let j = 0; j < X.cols; j++) {
    if (!Number.isFinite(at(j))) return { column: j, value: at(j) };
    if (Math.abs(at(j)) > Math.abs(at(column))) column = j;
  }
  return { column, value: at(column) };
}

async function bad(k: Kernels, M: Matrix): Promise<{ value: number; row: number } | null> {
  const values = await k.read(M);
  const index = firstNonFinite(values);
  return index < 0 ? null : { value: values[index]!, row: Math.floor(index / M.cols) };
}
