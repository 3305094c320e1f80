/** The loop over an epoch's updates: looks up from them for stops and progress. Knows no files and no console. */
import type { Peers } from "../cluster/peers.ts";
import { anyOf, fromFirst } from "../cluster/talk.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import type { ProgressEvent } from "./events.ts";
import type { Pace } from "./pace.ts";
import type { Trainer } from "./trainer.ts";

/** A number of the training is no longer finite. */
export class Diverged extends UserError {
  constructor(what: string) {
    super(exitCodes.diverged, { message: what, expected: "finite numbers" });
  }
}

/**
 * Goes through the rest of the epoch under way. Returns null at its end (or at that of the run), else why it stopped
 * in the middle: of several processes all stop after the same update.
 * @throws Diverged when the loss, or a number of the model, is no longer finite
 */
export async function trainEpoch<Reason extends string>(
  { trainer, pace, peers }: { readonly trainer: Trainer; readonly pace: Pace; readonly peers: Peers },
  shouldStop: () => Reason | null,
  tell: (event: ProgressEvent) => void,
): Promise<Reason | null> {
  const { state } = trainer;
  let reason: Reason | null = null;
  trainer.begin();
  pace.startEpoch(trainer.rowsSeen, state.batch === 0);
  while (!trainer.isEpochOver && reason === null) {
    const updates = pace.startLook(state.step);
    const end = state.batch + (await fromFirst(peers, () => updates));
    while (state.batch < end && !trainer.isEpochOver) {
      const made = trainer.update();
      if (made) await made;
    }
    await trainer.settle();
    if (!Number.isFinite(trainer.meanLoss)) throw divergedAt(trainer, `the loss is ${trainer.meanLoss}`);
    await pace.endLook(trainer.rowsSeen);
    tell(progressOf(trainer, pace));
    const wanted = await anyOf(peers, shouldStop());
    reason = trainer.isEpochOver ? null : wanted;
  }
  trainer.end();
  const what = await trainer.nonFinite();
  if (what !== null) throw divergedAt(trainer, what);
  return reason;
}

function progressOf({ state, length, meanLoss, lr }: Trainer, { speed }: Pace): ProgressEvent {
  const { best, bestEpoch } = state.monitor;
  return {
    event: "progress",
    epoch: state.epoch + 1,
    epochs: Math.ceil(length.totalSteps / length.stepsPerEpoch),
    step: state.step,
    steps: length.totalSteps,
    loss: meanLoss,
    lr,
    best: bestEpoch > 0 ? { epoch: bestEpoch, value: best } : null,
    samples_per_second: speed.samples_per_second,
  };
}

function divergedAt({ state }: Trainer, what: string): Diverged {
  return new Diverged(`${what} in epoch ${state.epoch + 1}, by update ${state.step}`);
}
