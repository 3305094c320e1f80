/**
 * The command list that the C kernels interpret: kernels/interpret.h reads what is written here. A command is
 * [op, words, work, arguments…] in 64-bit floats, which hold addresses, sizes and scalars alike exactly.
 */
import type { Link, LossName } from "../../tasks/losses.ts";
import type { ActivationName } from "../backend.ts";

/** In the order of `enum op` in kernels/interpret.h; a test holds the two together. */
export const ops = [
  "gemm",
  "sum_rows",
  "gather_floats",
  "gather_bytes",
  "activate",
  "activate_backward",
  "loss",
  "dropout",
  "batch_norm",
  "batch_norm_backward",
  "layer_norm",
  "layer_norm_backward",
  "copy",
  "add",
  "sgd",
  "adam",
  "clip_norm",
  "clip_value",
  "warp",
  "elastic",
  "adaptive",
  "lerp",
  "penalize",
  "limit_rows",
  "rms_norm",
  "rms_norm_backward",
  "elementary",
  "scale_columns",
  "sum_products",
  "average",
  "gaussian_noise",
  "fill",
] as const;

export type Op = (typeof ops)[number];

/** In the order of `enum activation` in kernels/elementwise.h. */
export const activationNames = [
  "identity",
  "sigmoid",
  "tanh",
  "relu",
  "leaky_relu",
  "elu",
  "selu",
  "gelu",
  "silu",
  "softplus",
  "hard_sigmoid",
  "mish",
] as const satisfies readonly ActivationName[];

/** In the order of `enum elementary` in kernels/elementwise.h. */
export const elementaryNames = ["exp", "expm1", "log", "log1p_unit", "erf"] as const;
export type ElementaryName = (typeof elementaryNames)[number];

/** In the order of `enum average` in kernels/ensemble.h. */
export const averageNames = [
  "identity",
  "exp",
  "sigmoid",
  "softmax",
  "gaussian",
] as const satisfies readonly Link[];

/** In the order of `enum loss_rule` in kernels/losses.h. */
export const lossNames = [
  "cross_entropy",
  "bce_with_logits",
  "mse",
  "half_squared_error",
  "mae",
  "huber",
  "smooth_l1",
  "poisson_nll",
  "quantile",
  "focal",
  "gaussian_nll",
] as const satisfies readonly LossName[];

/** In the order of `enum start` in kernels/gemm.h. */
export const starts = { zero: 0, row: 1, self: 3 } as const;

/** Names to their places: what a list spells as a number. */
export function numbered<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>;
}

/** Floats of the list: some thousand commands. */
export const listLength = 1 << 16;

const headWords = 3;
const opNumbers = numbered(ops);

/** A number, a flag, or what lies at an address: none is 0, as C's NULL. */
export type Argument = number | boolean | Located | null | undefined;

/** Memory at an address, for as long as this object is held. */
interface Located {
  readonly address: number;
}

/** What lies some bytes into memory. */
export function within(whole: Located, bytes: number): Located {
  return { address: whole.address + bytes, whole } as Located;
}

function numberOf(argument: Argument): number {
  if (typeof argument === "number") return argument;
  if (typeof argument === "object") return argument?.address ?? 0;
  return argument ? 1 : 0;
}

/** Commands not yet run, in memory that the kernels read. */
export class CommandList {
  /** Doubles written so far. */
  words = 0;
  /** Estimated nanoseconds that one thread takes for what has been written. */
  work = 0;

  /** What the commands point to: a matrix that nobody else knows any more has its memory until they have run. */
  private readonly held: Located[] = [];

  constructor(private list: Float64Array) {}

  /** The list has moved, with what it holds: memory has grown. */
  moveTo(list: Float64Array): void {
    this.list = list;
  }

  hasRoom(count: number): boolean {
    return this.words + headWords + count <= this.list.length;
  }

  add(op: Op, work: number, args: readonly Argument[]): void {
    const { list, words } = this;
    list[words] = opNumbers[op];
    list[words + 1] = headWords + args.length;
    list[words + 2] = work;
    for (let i = 0; i < args.length; i++) {
      const argument = args[i];
      list[words + headWords + i] = numberOf(argument);
      if (typeof argument === "object" && argument !== null) this.held.push(argument);
    }
    this.words += headWords + args.length;
    this.work += work;
  }

  /** Forgets the commands, once they have run. */
  clear(): void {
    this.words = 0;
    this.work = 0;
    this.held.length = 0;
  }
}
