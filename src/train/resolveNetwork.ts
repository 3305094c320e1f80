/** Combines spec and data: the task, its loss, and a network whose input and output widths fit the data. */
import type { LayerSpec, LossSpec, Spec } from "../config/schema.ts";
import { behindTexts, type EmbeddedInputs, embeddedNumbers } from "../data/preprocessing/preprocessing.ts";
import type { TextInputs } from "../data/preprocessing/textParts.ts";
import { embedding } from "../model/embedNumbers.ts";
import { withAverage } from "../model/ensemble.ts";
import { averageOf, balancedWeights, defaultLoss, outputsOf } from "../model/losses.ts";
import { fillWidths } from "../model/widths.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { quantilesIn } from "../tasks/losses.ts";
import { type TaskName, taskOf } from "../tasks/tasks.ts";

/** What the network needs to know of the data. */
export interface DataShape {
  readonly task: TaskName;
  /** Features per row after encoding. */
  readonly inputs: number;
  /** Texts, which the first layers read. */
  readonly texts: readonly TextInputs[];
  /** Those that embeddings replace. */
  readonly embedded: readonly EmbeddedInputs[];
  /** Which of them are numbers, one input each. */
  readonly numbers: readonly number[];
  /** Classes of a classification, or of all targets of several; else 0. */
  readonly classes: number;
  /** Training rows of each class, for `class_weights: balanced`. */
  readonly classCounts: readonly number[];
  /** Numbers, labels or classes to predict per row; 1 for a classification. */
  readonly targets: number;
}

/** A spec in which everything is decided. */
export interface ResolvedSpec extends Spec {
  readonly loss: LossSpec;
}

export interface Network {
  /** The spec with task, loss and every width filled in. */
  readonly spec: ResolvedSpec;
  readonly task: TaskName;
  readonly inputs: number;
  readonly outputs: number;
}

/** @throws UserError (exit code 2) if the loss cannot learn the task */
export function resolveNetwork(spec: Spec, shape: DataShape): Network {
  const { task, inputs, classes, targets } = shape;
  if (taskOf(task).hasSeveral) refuseUnfit(spec);
  const loss = resolveLoss(spec.loss ?? defaultLoss(task), shape.classCounts);
  const outputs = outputsOf(loss.name, task, classes, targets, quantilesIn(loss));
  const reading = textLayers(shape.texts);
  const { embedded, numbers } = behindTexts(shape);
  const own = withEmbeddings(spec.model.layers, embedded);
  const whole = [...reading, ...withNumbers(own, embedded, numbers)];
  const filled = fillWidths(whole, inputs, outputs);
  const layers = withAverage(filled, averageOf(loss.name, task));
  const data = { ...spec.data, task } as Spec["data"];
  return { spec: { ...spec, data, loss, model: { layers } }, task, inputs, outputs };
}

/** Refuses what works for a single target of classes, where the data has several. Throws UserError(usage). */
function refuseUnfit({ loss, calibration, model }: Spec): void {
  const isWeighted = loss && "class_weights" in loss && loss.class_weights !== null;
  const isAveraged = model.layers.some(
    (layer) =>
      (layer.type === "ensemble" || layer.type === "blend") && (layer.average ?? "identity") !== "identity",
  );
  const places = [
    ...(isWeighted ? [["loss.class_weights is", "class_weights: null"]] : []),
    ...(calibration ? [["calibration is", "calibration: null"]] : []),
    ...(isAveraged ? [["an ensemble's average of probabilities is", "average: identity"]] : []),
  ];
  if (places.length === 0) return;
  throw new UserError(
    exitCodes.usage,
    places.map(([what, expected]) => ({
      message: `${what} for one target of classes, but the data has several`,
      expected: expected!,
    })),
  );
}

/** Texts are read before all else, the last column first. */
export function textLayers(texts: readonly TextInputs[]): Extract<LayerSpec, { type: "embed_text" }>[] {
  return texts.map(({ buckets, slots, width }) => ({ type: "embed_text", count: buckets, slots, width }));
}

/** Embeddings come first, and always as the data requires. */
function withEmbeddings(layers: readonly LayerSpec[], embedded: readonly EmbeddedInputs[]): LayerSpec[] {
  const own = layers.filter(({ type }) => type !== "embed" && type !== "embed_text");
  return embedded.length > 0 ? [{ type: "embed", blocks: [...embedded] }, ...own] : own;
}

/** Embeddings of numbers look at the columns that are numbers, where embeddings of categories have put them. */
function withNumbers(
  layers: readonly LayerSpec[],
  embedded: readonly EmbeddedInputs[],
  numbers: readonly number[],
): LayerSpec[] {
  const columns = embeddedNumbers(numbers, embedded);
  const filled = (layer: LayerSpec): LayerSpec =>
    layer.type === "embed_numbers" ? embedding(layer, columns) : layer;
  return layers.map(filled);
}

function resolveLoss(loss: LossSpec, classCounts: readonly number[]): LossSpec {
  const isBalanced = "class_weights" in loss && loss.class_weights === "balanced";
  return isBalanced ? { ...loss, class_weights: balancedWeights(classCounts) } : loss;
}
