/** What spec and data say together: the task, its loss, and a network whose ends fit the data. */
import type { LayerSpec, LossSpec, Spec, TaskName } from "../config/schema.ts";
import { defaultLoss, outputsOf } from "../model/losses.ts";

/** What the data tells a network. */
export interface DataShape {
  readonly task: TaskName;
  /** Features per row after encoding. */
  readonly inputs: number;
  /** Classes of a classification, else 0. */
  readonly classes: number;
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
export function resolveNetwork(spec: Spec, { task, inputs, classes, targets }: DataShape): Network {
  const loss = spec.loss ?? defaultLoss(task);
  const outputs = outputsOf(loss.name, task, classes, targets);
  const layers = spec.model.layers.map(
    (layer): LayerSpec => (layer.type === "linear" ? { ...layer, width: layer.width ?? outputs } : layer),
  );
  const data = { ...spec.data, task } as Spec["data"];
  return { spec: { ...spec, data, loss, model: { layers } }, task, inputs, outputs };
}
