/** Forward and backward over a fixed number of rows: which matrix every layer reads and writes. */
import type { LayerSpec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Layer, LayerContext, LayerPass, Mode } from "./layer.ts";
import type { Storage } from "./storage.ts";

export interface Pass {
  readonly batchSize: number;
  /** Input [B, in]: fill it before `forward`. */
  readonly X: Matrix;
  /** Output [B, out], logits: filled by `forward`. */
  readonly S: Matrix;
  /** What training's loss is of: S, or the outputs of all members trained on all rows, [members · B, out]. */
  readonly answers: Matrix;
  /** ∂L/∂answers: fill it (the loss verb does) before `backward`, which overwrites it. */
  readonly dS: Matrix;
  /** ∂L/∂X, if asked for: filled by `backward`. */
  readonly dX: Matrix | null;
  /** S from X. `step` counts updates from the start of training: each has its own dropout masks. */
  forward(mode: Mode, step?: number): void;
  /** Output of every layer in order; layers that work in place share one. */
  readonly outputs: readonly Matrix[];
  /** One layer's part of `forward`, after those before it. */
  forwardLayer(index: number, mode: Mode, step: number): void;
  /**
   * The model's gradient from dS, for the latest `forward`; in evaluation mode dX alone.
   * @param learned is told each layer, the last first, when its parameters' gradients have been enqueued, and once more
   * when the layer is over and reads its parameters no more
   */
  backward(learned?: Learned): void;
}

export type Learned = (layer: number, isOver: boolean) => void;

export interface PassOptions {
  /** Whether `backward` also computes dX. */
  readonly inputGradient?: boolean;
}

/** A layer with its tensors, before it knows its batch. */
export interface StackedLayer
  extends Pick<
    LayerContext<LayerSpec>,
    "spec" | "index" | "seed" | "live" | "width" | "parameters" | "buffers"
  > {
  readonly row: Layer<LayerSpec>;
}

/** Allocates (or shares) all memory of the passes over `batchSize` rows; a step then allocates none. */
export function planPass(
  k: Kernels,
  stack: readonly StackedLayer[],
  storage: Storage,
  inputWidth: number,
  batchSize: number,
  { inputGradient = false }: PassOptions,
): Pass {
  storage.rewind();
  const take = (rows: number, cols: number) => storage.take(rows, cols);
  const X = take(batchSize, inputWidth);
  const { passes, Y, dY, dX, backward } = planChain(k, stack, X, take, inputGradient);
  return {
    batchSize,
    X,
    S: Y,
    answers: passes.at(-1)!.answers ?? Y,
    dS: dY,
    dX,
    forward(mode, step = 0) {
      for (const pass of passes) pass.forward(mode, step);
    },
    outputs: passes.map((pass) => pass.Y),
    forwardLayer: (index, mode, step) => passes[index]!.forward(mode, step),
    backward,
  };
}

/** Consecutive layers over the rows of X, which they do not change. */
interface Chain {
  readonly passes: readonly LayerPass[];
  readonly Y: Matrix;
  readonly overwritable: boolean;
  /** ∂L/∂Y: fill it before `backward`, which overwrites it. */
  readonly dY: Matrix;
  readonly dX: Matrix | null;
  backward(learned?: Learned): void;
}

export function planChain(
  k: Kernels,
  stack: readonly StackedLayer[],
  X: Matrix,
  take: (rows: number, cols: number) => Matrix,
  inputGradient: boolean,
): Chain {
  const { passes, Y, overwritable } = planForward(
    k,
    stack,
    X,
    take,
    inputGradient ? -1 : firstTrained(stack),
  );
  const answers = passes.at(-1)?.answers;
  const gradients = planGradients(stack, take, X.cols, X.rows, inputGradient);
  if (answers) gradients.at(-1)!.dY = take(answers.rows, answers.cols);
  const backward = passes
    .map((pass, layer) => ({ pass, layer, ...gradients[layer]! }))
    .slice(inputGradient ? 0 : firstTrained(stack))
    .reverse();
  return {
    passes,
    Y,
    overwritable,
    dY: gradients.at(-1)!.dY,
    dX: inputGradient ? gradients[0]!.dX : null,
    backward(learned) {
      for (const { pass, layer, dY, dX } of backward) {
        pass.backward(dY, dX, learned ? () => learned(layer, false) : nothing);
        learned?.(layer, true);
      }
    },
  };
}

/** The half of a chain that evaluation takes; layers behind number `last` will be asked for dX. */
export function planForward(
  k: Kernels,
  stack: readonly StackedLayer[],
  X: Matrix,
  take: (rows: number, cols: number) => Matrix,
  last = stack.length,
): Pick<Chain, "passes" | "Y" | "overwritable"> {
  const passes: LayerPass[] = [];
  let input = { Y: X, overwritable: false };
  for (const [i, layer] of stack.entries()) {
    const { Y, overwritable } = input;
    const pass = layer.row.plan({ ...layer, k, X: Y, overwritable, take, needsInputGradient: i > last });
    passes.push(pass);
    input = pass;
  }
  return { passes, Y: input.Y, overwritable: input.overwritable };
}

/**
 * Each layer's dY and dX: in one matrix where the layer can work in place, else in the other of two buffers.
 * Below the first layer with parameters no gradient is needed.
 */
function planGradients(
  stack: readonly StackedLayer[],
  take: (rows: number, cols: number) => Matrix,
  inputWidth: number,
  batchSize: number,
  inputGradient: boolean,
): { dY: Matrix; dX: Matrix | null }[] {
  const widest = Math.max(inputGradient ? inputWidth : 0, ...stack.map((layer) => layer.width));
  let [buffer, other] = [take(batchSize, widest), take(batchSize, widest)];
  const last = inputGradient ? -1 : firstTrained(stack);
  const gradients: { dY: Matrix; dX: Matrix | null }[] = [];
  let dY = buffer.view(batchSize, stack.at(-1)!.width);
  for (let i = stack.length - 1; i >= 0; i--) {
    const layer = stack[i]!;
    let dX = dY;
    if (!layer.row.inPlaceBackward) {
      [buffer, other] = [other, buffer];
      dX = buffer.view(batchSize, stack[i - 1]?.width ?? inputWidth);
    }
    gradients[i] = { dY, dX: i > last ? dX : null };
    dY = dX;
  }
  return gradients;
}

/** The first layer with parameters; below it, backward has nothing to compute. */
function firstTrained(stack: readonly StackedLayer[]): number {
  const first = stack.findIndex((layer) => layer.parameters.length > 0);
  return first < 0 ? stack.length : first;
}

function nothing(): void {}
