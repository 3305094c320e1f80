/** A run whose model is its folds' models, averaged: those of all folds, or of a run that was stopped, those there are. */
import { existsSync } from "node:fs";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { readModel, type SavedModel } from "../evaluate/savedModel.ts";
import type { Listener, StopReason } from "../train/events.ts";
import { figureAt } from "../train/monitor.ts";
import type { Assembly } from "./assembly.ts";
import { joined, requireAlike } from "./combine.ts";
import type { CrossValidation } from "./crossValidation.ts";
import type { Saving } from "./saver.ts";

const hint = "has the data changed between the folds? --overwrite trains all of them anew";

/** All folds' models as the run's. The first process alone has them: of several that share the work, it does this. */
export async function combineFolds(
  work: Assembly,
  { models, outOfFold }: CrossValidation,
  saving: Saving,
): Promise<StopReason> {
  const { model, peers, monitor } = work;
  if (peers.rank > 0) return work.plannedEnd;
  const saved = models.map((file) => readModel(file));
  requireAlike(saved, hint);
  await model.load([...joined(saved, "parameters"), ...joined(saved, "buffers")], models[0]!);
  const value = figureAt(monitor.metric, {
    validation: { loss: outOfFold.loss, ...outOfFold.evaluation.result() },
  });
  setState(work, saved, value);
  saving.keep(await work.checkpoint(), true);
  saving.flush();
  return work.plannedEnd;
}

/**
 * The models of a run that was stopped before all folds were trained: those of the folds begun so far, each at its best
 * epoch, are the run's until it goes on. Without one, it is the model with which training starts, as of any run.
 */
export async function combineSoFar(
  work: Assembly,
  files: readonly string[],
  saving: Saving,
  listen: Listener,
): Promise<void> {
  if (work.peers.rank > 0) return;
  const saved = files
    .filter((file) => existsSync(file))
    .map((file) => readModel(file))
    .filter(({ checkpoint }) => checkpoint.training.epoch > 0);
  const what =
    saved.length === 0
      ? "the model is not trained yet"
      : `the model is that of ${saved.length} of ${files.length}`;
  listen({
    event: "warning",
    message: `stopped before all folds were trained: ${what}; --resume goes on`,
  });
  if (saved.length > 0) {
    requireAlike(saved, hint);
    setState(work, saved, Number.NaN);
    saving.keep(ofSome(await work.checkpoint(), saved), true);
  }
  saving.flush();
}

/** The run's model file with so many members as there are models. */
function ofSome(checkpoint: Checkpoint, saved: readonly SavedModel[]): Checkpoint {
  const { model } = checkpoint.spec as { model: { layers: readonly object[] } };
  return {
    ...checkpoint,
    spec: {
      ...checkpoint.spec,
      model: { layers: model.layers.map((ensemble) => ({ ...ensemble, members: saved.length })) },
    },
    parameters: joined(saved, "parameters"),
    buffers: joined(saved, "buffers"),
  };
}

function setState({ trainer: { state } }: Assembly, saved: readonly SavedModel[], value: number): void {
  const training = saved.map(({ checkpoint }) => checkpoint.training);
  state.epoch = Math.max(...training.map(({ epoch }) => epoch));
  state.step = Math.max(...training.map(({ step }) => step));
  state.monitor = { bestEpoch: state.epoch, best: Number.isFinite(value) ? value : null, waited: 0 };
}
