/**
 * Whether the parts of a model file belong together. Each of them may be well-formed and the whole a trap: a loss that
 * reads two outputs of a network that has one would read past an array.
 */
import { isDeepStrictEqual } from "node:util";
import type { LayerSpec, LossSpec, Spec } from "../config/schema.ts";
import {
  classLists,
  outputWidth,
  type Preprocessing,
  targetWidth,
} from "../data/preprocessing/preprocessing.ts";
import { outputsOf } from "../model/losses.ts";
import { UserError } from "../support/errors.ts";
import { lossOf, quantilesIn } from "../tasks/losses.ts";
import { answersOf, taskOf } from "../tasks/tasks.ts";

/** What does not fit, in words; null where all does. */
export function disagreement(
  spec: Pick<Spec, "data"> & { readonly loss: LossSpec },
  preprocessing: Preprocessing,
  layers: readonly LayerSpec[],
): string | null {
  const { data, loss } = spec;
  const { target, inputs } = preprocessing;
  const { link, classes, quantiles } = answersOf(target);
  const outputs = outputWidth(preprocessing);
  if (data.task && data.task !== target.task) return "its task is not that of its target";
  // Arrays of NPY are either.
  const kinds = { csv: ["columns"], idx: ["array"], npy: ["array", "columns"] }[data.format];
  if (!kinds.includes(inputs.kind)) return "its inputs are not those of its data";
  if (data.format === "csv" && !isDeepStrictEqual(data.target, taskOf(target.task).columns(target)))
    return "its targets are not those of its data";
  if (lossOf(loss.name).link !== link) return "its loss and its target read outputs in different ways";
  if (!isDeepStrictEqual(quantilesIn(loss), quantiles ?? null))
    return "its quantiles are not those of its target";
  if (classes !== null && classes.length !== targetWidth(preprocessing))
    return "its classes are encoded as no loss reads them";
  if (outputsFor(loss, preprocessing) !== outputs) return "its loss does not fit its outputs";
  if (!areWeightsOf(loss, outputs)) return "its loss has not one weight for each output";
  if (!layers.every((layer) => isAveraged(layer, outputs)))
    return "its members' answers cannot be averaged as it says";
  return null;
}

function outputsFor(loss: LossSpec, preprocessing: Preprocessing): number | null {
  const { task } = preprocessing.target;
  const classes = (classLists(preprocessing) ?? []).flat().length;
  try {
    return outputsOf(loss.name, task, classes, targetWidth(preprocessing), quantilesIn(loss));
  } catch (error) {
    if (error instanceof UserError) return null; // a loss of another task
    throw error;
  }
}

function areWeightsOf(loss: LossSpec, outputs: number): boolean {
  const { weights: option } = lossOf(loss.name);
  const given = option === undefined ? null : (loss as Partial<Record<string, unknown>>)[option];
  if (given === null || given === undefined || typeof given === "number") return true;
  return Array.isArray(given) && given.length === outputs;
}

/** Means and variances are averaged in pairs. */
function isAveraged(layer: LayerSpec, outputs: number): boolean {
  if (layer.type !== "ensemble" && layer.type !== "blend") return true;
  if (layer.average === "gaussian" && outputs % 2 !== 0) return false;
  const inner: readonly LayerSpec[] =
    layer.type === "blend" ? layer.networks.flatMap(({ layers }) => layers as LayerSpec[]) : layer.layers;
  return inner.every((one) => isAveraged(one, outputs));
}
