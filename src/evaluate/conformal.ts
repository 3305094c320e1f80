/** How far off a model is on its validation rows: as stored in it, else measured now on the data it was trained on. */
import type { Conformal } from "../data/preprocessing/calibration.ts";
import { blocksOf, outputWidth } from "../data/preprocessing/preprocessing.ts";
import type { Kernels } from "../engine/kernels.ts";
import { lossRule } from "../model/losses.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { taskOf } from "../tasks/tasks.ts";
import { rowsIn } from "../train/residentRows.ts";
import { Calibrator } from "./calibrator.ts";
import { splitOf } from "./evaluate.ts";
import { Measure } from "./measure.ts";
import { restoreModel, type SavedModel } from "./savedModel.ts";

/** @throws UserError: usage for labels, or a model whose data has no validation rows; io where that data is gone */
export async function conformalFor(k: Kernels, saved: SavedModel): Promise<Conformal> {
  const { preprocessing, loss } = saved;
  const { target, calibration } = preprocessing;
  if (calibration?.conformal) return calibration.conformal;
  const task = taskOf(target.task);
  if (!task.calibration.includes("conformal")) {
    const message = `--interval: the model predicts several ${task.kind} per row`;
    throw new UserError(exitCodes.usage, {
      message,
      expected: "a model that predicts one class or numbers per row",
    });
  }
  const { split, close } = await splitOf(saved, "validation");
  const rule = lossRule(k, loss, outputWidth(preprocessing), blocksOf(preprocessing));
  const calibrator = new Calibrator(preprocessing);
  const measure = new Measure(k, restoreModel(k, saved), rowsIn(k)(split), rule, target);
  try {
    await measure.run([], { watch: [calibrator] });
  } finally {
    close?.();
  }
  return calibrator.fit({ temperature: false, threshold: null, conformal: true }).conformal!;
}
