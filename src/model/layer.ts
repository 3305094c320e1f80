/** What a layer is: its width and tensors before memory is taken, and its two passes over B rows after. */
import type { LayerSpec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Start } from "./initialise.ts";
import type { Buffer, Parameter, TensorKind } from "./tensors.ts";

export type LayerType = LayerSpec["type"];
export type SpecOf<Type extends LayerType> = Extract<LayerSpec, { type: Type }>;

/** In training dropout drops and batch normalisation uses the batch; in evaluation a row's output does not depend on the other rows. */
export type Mode = "train" | "evaluate";

/** A tensor that a layer asks for; `name` is the part after `layers.<index>.`. */
export interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trained: boolean;
  readonly start: Start;
  /** Absent: matrices are weights, vectors biases. */
  readonly kind?: TensorKind;
  /**
   * The tensor stands for another, `unit` times as large, which the optimizer is to move: of weights in NTK
   * parametrisation 1/√in. Absent: 1.
   */
  readonly unit?: number;
  /** Whether an update moves the rows alone that have a gradient: of large tables, of which a batch names few. */
  readonly isSparse?: boolean;
}

/** What training changes on the way; 1 is what the spec says. */
export interface Live {
  /** Factor on every layer's dropout. */
  dropout: number;
}

/** What a layer is given when its passes over B rows are planned. */
export interface LayerContext<Spec> {
  readonly k: Kernels;
  readonly spec: Spec;
  readonly index: number;
  readonly seed: number;
  readonly live: Live;
  /** Input [B, in]. */
  readonly X: Matrix;
  /** Outputs per row. */
  readonly width: number;
  /** Whether `backward` will be given a dX. */
  readonly needsInputGradient: boolean;
  /** Whether X may be overwritten: the layer that wrote it no longer needs it. */
  readonly overwritable: boolean;
  /** Named by what follows the layer: `weight`, and in a block `0.weight`. */
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly Buffer[];
  /** Memory for the passes of this many rows, shared with passes of fewer rows. */
  take(rows: number, cols: number): Matrix;
}

/** One layer's passes over B rows. */
export interface LayerPass {
  /** Output [B, out]. */
  readonly Y: Matrix;
  /**
   * Where members are trained on all rows: the outputs [members · B, out] of all of them, one after the other. Their
   * gradient is then what `backward` is given in dY's place.
   */
  readonly answers?: Matrix;
  /** Whether the next layer may overwrite Y. */
  readonly overwritable: boolean;
  forward(mode: Mode, step: number): void;
  /**
   * Gradients of the parameters from dY, and dX unless null, for the latest forward pass. After one in evaluation
   * only dX is valid; an ensemble then has none.
   * @param learned may be called as soon as all but dX is enqueued: then gradients can travel while dX is computed
   */
  backward(dY: Matrix, dX: Matrix | null, learned: () => void): void;
}

export interface Layer<Spec> {
  /** Outputs per row; `outputWidth` is that of the whole row of layers. */
  width(spec: Spec, inputWidth: number, outputWidth: number): number;
  /** In the order of torch's `parameters()`, then `buffers()`. */
  tensors(spec: Spec, inputWidth: number, width: number): TensorPlan[];
  plan(context: LayerContext<Spec>): LayerPass;
  /** Whether `backward` may be given one matrix as dX and dY. */
  inPlaceBackward: boolean;
}

/** Of layers that give as many outputs as they are given. */
export function sameWidth(_: unknown, inputWidth: number): number {
  return inputWidth;
}
