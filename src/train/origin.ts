/** Which update brought the first number that is not finite, and where in it: the epoch once more, update by update. */
import type { Trace } from "./trace.ts";
import type { Trainer } from "./trainer.ts";

export interface Origin extends Trace {
  /** From 1, as is the batch in the epoch. */
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
}

type Repeated = Pick<
  Trainer,
  "state" | "isEpochOver" | "begin" | "update" | "settle" | "meanLoss" | "nonFinite" | "trace" | "largest"
>;

/**
 * After a divergence, with the last good state restored. Leaves a state that nobody should go on with. Returns null
 * where the epoch's numbers stay finite this time.
 * @param restore brings the last good state back once more
 */
export async function findOrigin(trainer: Repeated, restore: () => void): Promise<Origin | null> {
  const good = await countGoodUpdates(trainer);
  restore();
  trainer.begin();
  for (let done = 0; done < good; done++) await trainer.update();
  await trainer.settle();
  if (trainer.isEpochOver) return null;
  const { epoch, batch, step } = trainer.state;
  const place = { epoch: epoch + 1, batch: batch + 1, step: step + 1 };
  const found = await trainer.trace();
  if (found) return { ...found, ...place };
  const record = await trainer.largest();
  await trainer.update();
  await trainer.settle();
  const what = await trainer.nonFinite();
  return what === null ? null : { what: `${what} after the step`, record, ...place };
}

async function countGoodUpdates(trainer: Repeated): Promise<number> {
  trainer.begin();
  for (let good = 0; ; good++) {
    if (trainer.isEpochOver) return good;
    await trainer.update();
    await trainer.settle();
    if (!Number.isFinite(trainer.meanLoss) || (await trainer.nonFinite()) !== null) return good;
  }
}
