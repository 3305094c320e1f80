/** A saved model as every export sees it: what was fitted, and layers with their tensors. Knows no format. */
import type { LayerSpec } from "../config/schema.ts";
import { inputWidth, outputWidth, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { SavedModel } from "../evaluate/savedModel.ts";
import { describeModel } from "../model/describe.ts";
import { layOut } from "../model/embed.ts";
import { standAlone } from "../model/members.ts";
import { checkTensors, type NamedTensor } from "../model/tensors.ts";

/** Every layer but embeddings, which are exported as the linear layer they are. */
export type PortableSpec = Exclude<LayerSpec, { type: "embed" }>;

export interface PortableLayer {
  readonly spec: PortableSpec;
  /** By the last part of their names: `weight`, `bias`, `running_mean` … */
  readonly tensors: Readonly<Record<string, NamedTensor>>;
  /** Of a residual block, else none. */
  readonly layers: readonly PortableLayer[];
  /** Of an ensemble each member's layers, else none. */
  readonly members: readonly (readonly PortableLayer[])[];
}

export interface Portable {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly layers: readonly PortableLayer[];
  /** All tensors by torch's names, in torch's order. */
  readonly tensors: readonly NamedTensor[];
}

/** @throws UserError (exit code 4) if tensors and layers do not fit */
export function portableOf({ checkpoint, preprocessing, layers, path }: SavedModel): Portable {
  const plansOf = (layers: readonly LayerSpec[]) =>
    describeModel(layers, inputWidth(preprocessing), outputWidth(preprocessing)).layers.flatMap(
      ({ tensors }) => tensors,
    );
  const given = [...checkpoint.parameters, ...checkpoint.buffers];
  checkTensors(plansOf(layers), given, path);
  const alone = standAlone(layers, new Map(given.map((tensor) => [tensor.name, tensor])));
  const stored = plansOf(alone.layers).map(({ name }) => alone.tensors.get(name)!);
  const { specs, tensors } = withoutEmbeddings(alone.layers, stored, inputWidth(preprocessing));
  const { name } = checkpoint.spec as { name?: unknown };
  return {
    name: typeof name === "string" && name !== "" ? name : "model",
    preprocessing,
    layers: withTensors(specs, "layers", tensors),
    tensors,
  };
}

/** A linear layer without bias in the embeddings' place. */
function withoutEmbeddings(
  specs: readonly LayerSpec[],
  tensors: readonly NamedTensor[],
  inputs: number,
): { specs: readonly PortableSpec[]; tensors: readonly NamedTensor[] } {
  const [first] = specs;
  const others = specs.filter((spec): spec is PortableSpec => spec.type !== "embed");
  if (first?.type !== "embed") return { specs: others, tensors };
  const own = tensors.slice(0, first.blocks.length);
  const { ones, rows } = layOut(first.blocks, inputs);
  const width = ones.length + rows.length;
  const values = new Float32Array(width * inputs);
  for (const { row, col } of ones) values[row * inputs + col] = 1;
  for (const { block, line, row, col } of rows) {
    const { count } = first.blocks[block]!;
    values.set(own[block]!.values.subarray(line * count, (line + 1) * count), row * inputs + col);
  }
  const weight: NamedTensor = { name: "layers.0.weight", shape: [width, inputs], values };
  return {
    specs: [{ type: "linear", width, bias: false }, ...others],
    tensors: [weight, ...tensors.slice(own.length)],
  };
}

function withTensors(
  specs: readonly PortableSpec[],
  prefix: string,
  tensors: readonly NamedTensor[],
): PortableLayer[] {
  return specs.map((spec, index) => {
    const place = `${prefix}.${index}`;
    const own = tensors.filter(({ name }) => name.slice(0, name.lastIndexOf(".")) === place);
    return {
      spec,
      tensors: Object.fromEntries(own.map((tensor) => [tensor.name.slice(place.length + 1), tensor])),
      layers: spec.type === "residual" ? withTensors(spec.layers, place, tensors) : [],
      members:
        spec.type === "ensemble"
          ? Array.from({ length: spec.members }, (_, member) =>
              withTensors(spec.layers, `${place}.${member}`, tensors),
            )
          : [],
    };
  });
}
