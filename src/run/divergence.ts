/**
 * What happens when a number is no longer finite: training goes back to the last good model with a smaller learning
 * rate, where the spec says so, or ends with an error that says where the first such number came from.
 */
import { fromFirst } from "../cluster/talk.ts";
import { inputNames } from "../data/preprocessing/preprocessing.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import type { Listener, StopReason } from "../train/events.ts";
import { findOrigin, type Origin } from "../train/origin.ts";
import { Diverged, trainEpoch } from "../train/trainEpoch.ts";
import type { Assembly } from "./assembly.ts";
import { restore } from "./resume.ts";
import type { Saving } from "./saver.ts";

/**
 * Trains to the epoch's end with the saves that are due on the way, and again from the last good model after a
 * divergence if `train.on_divergence` allows it.
 * @throws UserError (exit code 6) that names layer, batch and input; the last finite model is on disk
 */
export async function runEpoch(
  work: Assembly,
  saver: Saving,
  shouldStop: () => StopReason | null,
  listen: Listener,
): Promise<StopReason | null> {
  const { trainer } = work;
  const lookUp = () => (saver.isDue(trainer.state.step) ? "save" : shouldStop());
  for (;;) {
    try {
      const reason = await trainEpoch(work, lookUp, listen);
      if (reason !== "save") return reason;
      saver.keep(await work.checkpoint(), trainer.state.monitor.bestEpoch === 0, true);
    } catch (error) {
      if (!(error instanceof Diverged)) throw error;
      await goBack(error, work, saver, listen);
    }
  }
}

async function goBack(error: Diverged, work: Assembly, saver: Saving, listen: Listener): Promise<void> {
  const { trainer, network } = work;
  const { lr_factor, rollbacks } = trainer.state;
  const policy = network.spec.train.on_divergence;
  const good = await fromFirst(work.peers, () => saver.lastGood());
  restore(work, good);
  const origin = await findOrigin(trainer, () => restore(work, good));
  const place = origin ? describe(origin, work) : error.problems[0]!.message;
  if (!policy?.rollback || rollbacks >= policy.attempts) throw told(place, rollbacks);
  restore(work, good);
  trainer.state.rollbacks = rollbacks + 1;
  trainer.state.lr_factor = lr_factor * policy.lr_factor;
  listen({
    event: "warning",
    message: `training diverged: ${place}; going back to epoch ${good.training.epoch} with lr × ${trainer.state.lr_factor}`,
  });
}

function told(place: string, rollbacks: number): UserError {
  const tries = rollbacks > 0 ? ` again, after ${rollbacks} rollbacks` : "";
  return new UserError(exitCodes.diverged, {
    message: `training diverged${tries}: ${place}`,
    expected: "finite numbers",
    hint: "try a smaller optimizer.lr, train.clip_grad_norm or scaled inputs (data.scale); the last finite model is saved",
  });
}

function describe({ what, epoch, batch, step, record }: Origin, { preprocessing }: Assembly): string {
  const place = `${what} in epoch ${epoch}, batch ${batch} (update ${step})`;
  const name = inputNames(preprocessing)[record.column] ?? `input ${record.column}`;
  const from = record.isSure
    ? `from record ${record.row + 1}, whose largest input is`
    : `to which all records of the batch contributed; the largest input, of record ${record.row + 1}, is`;
  return `${place}, ${from} ${name} = ${Number(record.value.toPrecision(4))} as the network sees it`;
}
