/** Updates looked at one by one: what the loss is at rates that rise, or without any weight moving. */
import type { Trainer } from "./trainer.ts";

/** Makes one update at each rate, through as many epochs as that takes; yields the mean loss just before it. */
export async function* sweepRates(
  trainer: Pick<
    Trainer,
    "state" | "length" | "begin" | "update" | "settle" | "clearSums" | "meanLoss" | "finishEpoch"
  >,
  rates: readonly number[],
): AsyncGenerator<number> {
  const { state, length } = trainer;
  for (const rate of rates) {
    if (state.batch === 0) trainer.begin();
    trainer.clearSums();
    await trainer.update(rate);
    await trainer.settle();
    yield trainer.meanLoss;
    if (state.batch === length.stepsPerEpoch) trainer.finishEpoch();
  }
}

/** The mean loss of the next batch as training sees it; with `backward` its gradient too. Moves no weight. */
export async function probeLoss(
  trainer: Pick<Trainer, "clearSums" | "evaluateBatch" | "meanLoss">,
  backward: boolean,
): Promise<number> {
  trainer.clearSums();
  await trainer.evaluateBatch(backward);
  return trainer.meanLoss;
}
