/** What spec and data say together: the task, its loss, and a network whose ends fit the data. */
import type { LayerSpec, LossSpec, Spec, TaskName } from "../config/schema.ts";
import type { EmbeddedInputs } from "../data/preprocessing.ts";
import { withAverage } from "../model/ensemble.ts";
import { balancedWeights, defaultLoss, linkOf, outputsOf } from "../model/losses.ts";
import { fillWidths } from "../model/widths.ts";

/** What the data tells a network. */
export interface DataShape {
  readonly task: TaskName;
  /** Features per row after encoding. */
  readonly inputs: number;
  /** Those that embeddings stand for. */
  readonly embedded: readonly EmbeddedInputs[];
  /** Classes of a classification, else 0. */
  readonly classes: number;
  /** Training rows of each class, for `class_weights: balanced`. */
  readonly classCounts: readonly number[];
  /** Numbers or labels to predict per row; 1 for a classification. */
  readonly targets: number;
}

/** A spec with nothing left open. */
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
  const loss = resolveLoss(spec.loss ?? defaultLoss(task), shape.classCounts);
  const outputs = outputsOf(loss.name, task, classes, targets);
  const filled = fillWidths(withEmbeddings(spec.model.layers, shape.embedded), inputs, outputs);
  const layers = withAverage(filled, linkOf(loss.name));
  const data = { ...spec.data, task } as Spec["data"];
  return { spec: { ...spec, data, loss, model: { layers } }, task, inputs, outputs };
}

/** Embeddings come first, and always as the data says. */
function withEmbeddings(layers: readonly LayerSpec[], embedded: readonly EmbeddedInputs[]): LayerSpec[] {
  const own = layers.filter(({ type }) => type !== "embed");
  return embedded.length > 0 ? [{ type: "embed", blocks: [...embedded] }, ...own] : own;
}

function resolveLoss(loss: LossSpec, classCounts: readonly number[]): LossSpec {
  const isBalanced = "class_weights" in loss && loss.class_weights === "balanced";
  return isBalanced ? { ...loss, class_weights: balancedWeights(classCounts) } : loss;
}
