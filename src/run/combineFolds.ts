/** A run whose model is its folds' models, averaged: those of all folds, or of a run that was stopped, those there are. */
import { existsSync } from "node:fs";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { LayerSpec } from "../config/schema.ts";
import { readModel, type SavedModel } from "../evaluate/savedModel.ts";
import type { Listener, StopReason } from "../train/events.ts";
import { figureAt } from "../train/monitor.ts";
import type { Assembly } from "./assembly.ts";
import { inBlend, joined, requireAlike } from "./combine.ts";
import type { CrossValidation } from "./crossValidation.ts";
import type { Saving } from "./saver.ts";

const hint = "has the data changed between the folds? --overwrite trains all of them anew";

/** All folds' models as the run's. The first process alone has them: of several that share the work, it does this. */
export async function combineFolds(
  work: Assembly,
  { models, votes, outOfFold }: CrossValidation,
  saving: Saving,
): Promise<StopReason> {
  const { model, peers, monitor, spec } = work;
  if (peers.rank > 0) return work.plannedEnd;
  const voting = models
    .filter((_, network) => votes[network]! > 0)
    .map((files) => files.map((file) => readModel(file)));
  for (const own of voting) requireAlike(own, hint);
  const all = (of: "parameters" | "buffers") =>
    voting.flatMap((own, number) => (spec.blend ? inBlend(joined(own, of), number) : joined(own, of)));
  const saved = voting.flat();
  await model.load([...all("parameters"), ...all("buffers")], saved[0]!.path);
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
 * epoch, are the run's until it goes on; of a blend, those of its first network. Without one, it is the model with which training starts, as of any run.
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
  const { model } = checkpoint.spec as { model: { layers: readonly LayerSpec[] } };
  const [layer] = model.layers;
  const ensemble = layer!.type === "blend" ? layer.networks[0]!.layers[0] : layer;
  return {
    ...checkpoint,
    spec: { ...checkpoint.spec, model: { layers: [{ ...ensemble, members: saved.length }] } },
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
