/** Layers that exports need not know, as the layers that they amount to. */
import type { LayerSpec } from "../config/schema.ts";
import { votesOf } from "../model/blend.ts";
import { layOut } from "../model/embed.ts";
import { embeddingMatrices } from "../model/embedNumbers.ts";
import type { NamedTensor } from "../model/tensors.ts";

/** A layer with its tensors, by the last part of their names: `weight`, `bias`, `running_mean` … */
export interface Lowered<Spec> {
  readonly spec: Spec;
  readonly tensors: Readonly<Record<string, NamedTensor>>;
  /** Of a residual block, else none. */
  readonly layers: readonly Lowered<Spec>[];
  /** Of an ensemble each member's layers, else none. */
  readonly members: readonly (readonly Lowered<Spec>[])[];
}

/** Members' answers are averaged; `votes` are the members that count, each as often as it stands there: all once without. */
export type PortableEnsemble = Pick<Extract<LayerSpec, { type: "ensemble" }>, "type" | "average"> & {
  readonly votes?: readonly number[];
};

/** Every layer that exports know. */
export type PortableSpec =
  | Exclude<LayerSpec, { type: "embed" | "embed_numbers" | "scale" | "ensemble" | "blend" }>
  | PortableEnsemble;

/** Layers in a row over `inputs` columns. */
export function lowered(layers: readonly Lowered<LayerSpec>[], inputs: number): Lowered<PortableSpec>[] {
  let width = inputs;
  return layers.flatMap((layer): Lowered<PortableSpec>[] => {
    const own = lower(layer, width);
    width = own.reduce(
      (wide, { tensors: { weight } }) => (weight?.shape.length === 2 ? weight.shape[0]! : wide),
      width,
    );
    return own;
  });
}

function lower(
  { spec, tensors, layers, members }: Lowered<LayerSpec>,
  width: number,
): Lowered<PortableSpec>[] {
  if (spec.type === "embed") return [embedding(spec, Object.values(tensors), width)];
  if (spec.type === "scale") return [linear(diagonal(tensors.weight!.values), width)];
  if (spec.type === "embed_numbers") {
    if (spec.columns.length === 0) return [];
    const { into, g, shares, out } = embeddingMatrices(spec, tensors, width);
    const mask = { name: "weight", shape: [shares.length], values: shares };
    return [
      linear(into.weight, width, into.bias),
      { spec: { type: "parametric", activation: g }, tensors: { weight: mask }, layers: [], members: [] },
      linear(out.weight, shares.length, out.bias),
    ];
  }
  const own = members.map((member) => lowered(member, width));
  if (spec.type === "ensemble" || spec.type === "blend") {
    const { average } = spec;
    const votes = spec.type === "blend" ? { votes: votesOf(spec) } : {};
    return [{ spec: { type: "ensemble", average, ...votes }, tensors, layers: [], members: own }];
  }
  return [{ spec, tensors, layers: lowered(layers, width), members: own }];
}

function linear(weight: Float32Array, inputs: number, bias?: Float32Array): Lowered<PortableSpec> {
  const outputs = weight.length / inputs;
  return {
    spec: { type: "linear", width: outputs, bias: bias !== undefined },
    tensors: {
      weight: { name: "weight", shape: [outputs, inputs], values: weight },
      ...(bias && { bias: { name: "bias", shape: [outputs], values: bias } }),
    },
    layers: [],
    members: [],
  };
}

function diagonal(values: ArrayLike<number>): Float32Array {
  const n = values.length;
  const matrix = new Float32Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = values[i]!;
  return matrix;
}

/** A linear layer without bias in the embeddings' place. */
function embedding(
  { blocks }: Extract<LayerSpec, { type: "embed" }>,
  own: readonly NamedTensor[],
  inputs: number,
): Lowered<PortableSpec> {
  const { ones, rows } = layOut(blocks, inputs);
  const width = ones.length + rows.length;
  const values = new Float32Array(width * inputs);
  for (const { row, col } of ones) values[row * inputs + col] = 1;
  for (const { block, line, row, col } of rows) {
    const { count } = blocks[block]!;
    values.set(own[block]!.values.subarray(line * count, (line + 1) * count), row * inputs + col);
  }
  return linear(values, inputs);
}
