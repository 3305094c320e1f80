/** The first layer's weights, as images or as one number per input. */
import { inputNames, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { ModelDescription } from "../model/describe.ts";
import type { NamedTensor } from "../model/tensors.ts";
import type { FirstLayer } from "./findings.ts";
import { imageShape } from "./watchers.ts";

const unitsShown = 64;
const inputsShown = 30;

/** null where the first layer with parameters is not a linear layer over the inputs. */
export function firstLayer(
  {
    description,
    tensors,
  }: { readonly description: ModelDescription; readonly tensors: readonly NamedTensor[] },
  preprocessing: Pick<Preprocessing, "inputs">,
): FirstLayer | null {
  const layer = description.layers.find(({ parameterCount }) => parameterCount > 0);
  const name = layer?.spec.type === "linear" ? `layers.${layer.index}.weight` : null;
  const W = tensors.find((tensor) => tensor.name === name);
  if (!layer || !W || layer.inputWidth !== description.inputWidth) return null;
  const { inputs } = preprocessing;
  const shape = inputs.kind === "array" ? imageShape(inputs.shape) : null;
  if (shape) return { kind: "images", shape, units: layer.outputWidth, images: imagesOf(W.values, layer) };
  const norms = normsOf(W.values, layer);
  const ranked = inputNames(preprocessing).map((name, j) => [name, norms[j]!] as const);
  ranked.sort(([, a], [, b]) => b - a);
  return { kind: "inputs", inputs: layer.inputWidth, norms: ranked.slice(0, inputsShown) };
}

interface Size {
  readonly inputWidth: number;
  readonly outputWidth: number;
}

/** The units with the longest rows of W [out, in], each scaled to its own largest weight. */
function imagesOf(W: ArrayLike<number>, { inputWidth, outputWidth }: Size): string[] {
  const lengths = Array.from({ length: outputWidth }, (_, unit) => {
    let sum = 0;
    for (let at = unit * inputWidth; at < (unit + 1) * inputWidth; at++) sum += W[at]! ** 2;
    return sum;
  });
  const units = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!).slice(0, unitsShown);
  return units.map((unit) => {
    const first = unit * inputWidth;
    let most = Number.MIN_VALUE;
    for (let at = first; at < first + inputWidth; at++) most = Math.max(most, Math.abs(W[at]!));
    const bytes = new Int8Array(inputWidth);
    for (let j = 0; j < inputWidth; j++) bytes[j] = Math.round((W[first + j]! / most) * 127);
    return Buffer.from(bytes.buffer).toString("base64");
  });
}

/** ‖W[:, j]‖ of every input j. */
function normsOf(W: ArrayLike<number>, { inputWidth, outputWidth }: Size): Float64Array {
  const squares = new Float64Array(inputWidth);
  for (let unit = 0; unit < outputWidth; unit++)
    for (let j = 0; j < inputWidth; j++) squares[j]! += W[unit * inputWidth + j]! ** 2;
  return squares.map(Math.sqrt);
}
