/** What follows an epoch's last update: the model is evaluated on the validation rows, and the results are recorded. */

import type { EpochEvent, Figures, StopReason } from "../train/events.ts";
import { figureAt, observe, patienceIsOver, targetIsReached } from "../train/monitor.ts";
import { observePlateau } from "../train/schedules.ts";
import type { Assembly } from "./assembly.ts";

/** Evaluates the validation rows, records the results, and counts the epoch as done. */
export async function endEpoch({
  trainer,
  pace: { speed },
  monitor,
  validation,
  network,
  epochMetrics,
  peers,
}: Pick<
  Assembly,
  "trainer" | "pace" | "monitor" | "validation" | "network" | "epochMetrics" | "peers"
>): Promise<{
  event: EpochEvent;
  isBest: boolean;
}> {
  const { state, lr } = trainer;
  const gradient_norm = await trainer.gradientNorm();
  const train = trainer.figures(network.task);
  const validationFigures = await validation?.figures(epochMetrics, peers);
  const figures: Record<string, Figures> = {
    train,
    ...(validationFigures && { validation: validationFigures }),
  };
  const value = figureAt(monitor.metric, figures);
  const isBest = observe(monitor, state.monitor, state.epoch + 1, value) || state.monitor.bestEpoch === 0;
  const { schedule, optimizer } = network.spec;
  if (schedule?.name === "reduce_on_plateau")
    observePlateau(schedule, optimizer.lr, state.plateau, monitor.mode, value);
  state.target = monitor.target && finiteOrNull(figureAt(monitor.target.metric, figures));
  trainer.finishEpoch();
  const { epoch, step } = state;
  return { event: { event: "epoch", epoch, step, lr, gradient_norm, ...speed, ...figures, train }, isBest };
}

/** Whether training is to end after the epochs so far; a resumed run asks before it starts another. */
export function reasonToStop({
  trainer: { state },
  monitor,
}: Pick<Assembly, "trainer" | "monitor">): StopReason | null {
  if (targetIsReached(monitor, state.target)) return "target";
  if (monitor.keepEpoch !== null && state.epoch >= monitor.keepEpoch) return "epochs";
  return patienceIsOver(monitor, state.monitor) ? "early_stopping" : null;
}

const finiteOrNull = (value: number) => (Number.isFinite(value) ? value : null);
