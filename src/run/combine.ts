/** The models of several runs as one, which answers with their mean. */
import { isDeepStrictEqual } from "node:util";
import type { LayerSpec } from "../config/schema.ts";
import type { SavedModel } from "../evaluate/savedModel.ts";
import { averageOf } from "../model/losses.ts";
import type { NamedTensor } from "../model/tensors.ts";
import { exitCodes, UserError } from "../support/errors.ts";

type Ensemble = Extract<LayerSpec, { type: "ensemble" }>;

/** The layer of so many members, each with these layers. */
export function ensembleLayer(
  layers: readonly LayerSpec[],
  members: number,
  ...[loss, task]: Parameters<typeof averageOf>
): Ensemble {
  const own = layers as Ensemble["layers"];
  return { type: "ensemble", members, shared: false, average: averageOf(loss, task), layers: own };
}

/** The layer of several networks, each of as many folds' models, that are averaged by their votes. */
export function blendLayer(
  networks: readonly (readonly LayerSpec[])[],
  votes: readonly number[],
  folds: number,
  ...[loss, task]: Parameters<typeof averageOf>
): Extract<LayerSpec, { type: "blend" }> {
  const voting = networks
    .map((layers, number) => ({
      weight: votes[number]!,
      layers: [ensembleLayer(layers, folds, loss, task)],
    }))
    .filter(({ weight }) => weight > 0);
  return { type: "blend", average: averageOf(loss, task), networks: voting };
}

/** Tensors of an only network in an ensemble as those of network number `network` in a blend. */
export function inBlend(tensors: readonly NamedTensor[], network: number): NamedTensor[] {
  return tensors.map((tensor) => ({
    ...tensor,
    name: tensor.name.replace(/^layers\.0\./, `layers.0.${network}.0.`),
  }));
}

/** Parameters and buffers of models that are alike, as those of one ensemble of them. */
export function joined(models: readonly SavedModel[], of: "parameters" | "buffers"): NamedTensor[] {
  return models.flatMap((model, member) => model.checkpoint[of].map((tensor) => ofMember(tensor, member)));
}

/** @throws UserError (exit code 3) if the models do not take and give the same */
export function requireAlike(models: readonly SavedModel[], hint: string): void {
  const [first] = models as [SavedModel];
  for (const other of models) {
    if (
      isDeepStrictEqual(other.preprocessing, first.preprocessing) &&
      isDeepStrictEqual(other.layers, first.layers)
    )
      continue;
    throw new UserError(exitCodes.data, {
      file: other.path,
      message: `the model does not fit ${first.path}: its columns, classes, scaling or layers differ`,
      hint,
    });
  }
}

/** `layers.2.weight` → `layers.0.<member>.2.weight`. */
function ofMember(tensor: NamedTensor, member: number): NamedTensor {
  return { ...tensor, name: tensor.name.replace(/^layers\./, `layers.0.${member}.`) };
}
