/** A model's named tensors: how they lie in memory, and how given values take their place. Knows no files. */
import type { Kernels } from "../engine/kernels.ts";
import type { Floats, Matrix } from "../engine/matrix.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import type { TouchedRows } from "./touchedRows.ts";

/** A tensor as checkpoints hold it: torch's name and shape, values row by row. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Floats;
}

/** A tensor that training does not move by gradients, such as a running mean. */
export interface Buffer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Matrix;
}

/** What a tensor is to an optimizer, whose groups have rates and decays of their own. */
export type TensorKind = "weights" | "biases" | "scales" | "activations" | "embeddings";

/** A tensor that training moves; value and gradient are views into the model's flat θ and gradient. */
export interface Parameter extends Buffer {
  readonly gradient: Matrix;
  readonly kind: TensorKind;
  /** As of a tensor's plan. */
  readonly unit: number;
  /** Rows that an update may leave as they are; null: it moves all. */
  readonly touched: TouchedRows | null;
}

/** The tensors whose names begin with a part, such as `layers.0`, named by what follows it. */
export function within<T extends Buffer>(tensors: readonly T[], part: string): T[] {
  const own = tensors.filter(({ name }) => name.startsWith(`${part}.`));
  return own.map((tensor) => ({ ...tensor, name: tensor.name.slice(part.length + 1) }));
}

/** The name of what members of an ensemble share, in the place of a member's number. */
export const sharedPart = "shared";

/** Every parameter starts at a multiple of so many elements: one cache line, and one wide vector, of floats. */
const alignment = 16;

/** Where each of the tensors starts in one flat buffer, and the buffer's size, in elements. */
export function layOut(sizes: readonly number[]): { offsets: number[]; size: number } {
  let size = 0;
  const offsets = sizes.map((length) => {
    const start = size;
    size += Math.ceil(length / alignment) * alignment;
    return start;
  });
  return { offsets, size };
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The tensors with their numbers, once all enqueued verbs are done: valid until the next verb. */
export function readTensors(k: Kernels, tensors: readonly Buffer[]): Promise<NamedTensor[]> {
  return Promise.all(
    tensors.map(async ({ name, shape, value }) => ({ name, shape, values: await k.read(value) })),
  );
}

/**
 * Puts given tensors in the place of a model's, which must have the same names and shapes.
 * @throws UserError as {@link checkTensors}; nothing is then changed
 */
export function loadTensors(
  k: Kernels,
  targets: readonly Buffer[],
  given: readonly NamedTensor[],
  source: string,
): void {
  checkTensors(targets, given, source);
  const byName = new Map(given.map((tensor) => [tensor.name, tensor.values]));
  for (const { name, value } of targets) k.write(value, (values) => values.set(byName.get(name)!));
}

/** A tensor's name and shape, which a description knows before any memory is taken. */
type TensorShape = Pick<NamedTensor, "name" | "shape">;

/**
 * Compares given tensors with those that a model expects.
 * @param source named in messages: the file that the tensors come from
 * @throws UserError (exit code 4) that lists every missing, surplus and misshapen tensor
 */
export function checkTensors(
  wanted: readonly TensorShape[],
  given: readonly TensorShape[],
  source: string,
): void {
  const shapes = new Map(given.map(({ name, shape }) => [name, shape]));
  const names = new Set(wanted.map(({ name }) => name));
  const problems: Problem[] = [];
  for (const { name, shape } of wanted) {
    const found = shapes.get(name);
    if (!found) {
      problems.push({ file: source, message: `tensor "${name}" ${show(shape)} is missing` });
    } else if (show(found) !== show(shape)) {
      problems.push({
        file: source,
        message: `tensor "${name}" has the shape ${show(found)}`,
        expected: `${show(shape)}, as in the model`,
      });
    }
  }
  for (const { name, shape } of given) {
    if (names.has(name) || isIgnored(name)) continue;
    problems.push({ file: source, message: `tensor "${name}" ${show(shape)} is not in the model` });
  }
  if (problems.length === 0) return;
  const order = (tensors: readonly TensorShape[]) =>
    tensors
      .slice(0, mostListed)
      .map(({ name, shape }) => `${name} ${show(shape)}`)
      .join(", ") + (tensors.length > mostListed ? ", …" : "");
  const hint = `in order, the file has ${order(given)}; the model ${order(wanted)}`;
  throw new UserError(exitCodes.model, [...problems.slice(0, -1), { ...problems.at(-1)!, hint }]);
}

/** Tensors that a message lists of each side. */
const mostListed = 24;

/** torch keeps a count of batches beside the running statistics, which nothing here uses. */
const isIgnored = (name: string) => name.endsWith(".num_batches_tracked");
const show = (shape: readonly number[]) => `[${shape.join(", ")}]`;
