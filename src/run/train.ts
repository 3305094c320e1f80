/** The story of a run: load, build, loop, save, report. Everything else is a detail behind one of its calls. */
import { performance } from "node:perf_hooks";
import { claimRun, type Run } from "../checkpoint/runDirectory.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import { sentence } from "../support/errors.ts";
import type { Follower, Listener, StopReason, TrainEvent } from "../train/events.ts";
import { type Assembly, assemble } from "./assembly.ts";
import { crossValidate } from "./crossValidation.ts";
import { runEpoch } from "./divergence.ts";
import { conclude } from "./end.ts";
import { endEpoch, reasonToStop } from "./endEpoch.ts";
import { resume } from "./resume.ts";
import { Saver } from "./saver.ts";
import type { TrainOptions } from "./trainOptions.ts";

/**
 * Trains a network as its spec says and leaves a run directory behind.
 * @throws UserError: usage, data, io, model (a resumed one or init.from), diverged (the last finite model is saved)
 */
export async function train(options: TrainOptions, tell: Listener): Promise<Summary> {
  const started = performance.now();
  const secondsLeft = () =>
    options.maxSeconds && Math.max(0, options.maxSeconds - (performance.now() - started) / 1000);
  const told: TrainEvent[] = []; // held back: where the directory is refused, that comes first
  const work = await assemble(options, (event) => told.push(event));
  let run: Run | undefined;
  let follow: Follower | undefined;
  try {
    run = claimAndBegin(work, options, told, tell);
    const folds = options.spec.spec.train.folds
      ? await crossValidate(options, run, secondsLeft, train, tell)
      : null;
    follow = options.follow?.(run.directory, work.network.spec, (message) =>
      tell({ event: "warning", message }),
    );
    const listen: Listener = (event) => {
      tell(event);
      follow?.(event);
    };
    run.write("spec", options.renderSpec(work.network.spec, run.directory));
    const start = work.startEvent();
    if (!run.resumed?.events.length) run.log.append(start);
    listen(start);

    const { trainer } = work;
    const saver = new Saver(run, work.network.spec.train.checkpoint);
    saver.remember(await work.checkpoint(), run.resumed);
    const shouldStop = stopCondition(options, started);
    const lastEpoch = options.pauseAt ?? Infinity;
    const isPause = () => trainer.state.epoch >= lastEpoch && !trainer.finished;
    const paused = () => (isPause() ? ("paused" as const) : null);
    let reason = typeof folds === "string" ? folds : (reasonToStop(work) ?? paused());
    try {
      while (!trainer.finished && reason === null) {
        reason = await runEpoch(work, saver, shouldStop, listen);
        if (reason !== null) break;
        const epoch = await endEpoch(work);
        run.log.append(epoch.event);
        listen(epoch.event);
        saver.keep(await work.checkpoint(), epoch.isBest);
        reason = reasonToStop(work) ?? shouldStop() ?? paused();
      }
      if (trainer.isMidEpoch)
        saver.keep(await work.checkpoint(), trainer.state.monitor.bestEpoch === 0, false);
    } finally {
      saver.flush();
    }
    const ending = {
      reason: reason ?? work.plannedEnd,
      started,
      folds: typeof folds === "string" ? null : folds,
    };
    return await conclude(work, run, saver, ending, options, listen);
  } catch (error) {
    follow?.({ event: "failed" });
    throw error;
  } finally {
    run?.close();
    await work.close();
  }
}

/** Nothing in the directory is changed before all that could be a reason to refuse has been looked at. */
function claimAndBegin(
  work: Assembly,
  { out, mode }: TrainOptions,
  told: readonly TrainEvent[],
  tell: Listener,
): Run {
  const claimed = claimRun({ out, name: work.network.spec.name, mode });
  try {
    told.forEach(tell);
    for (const problem of claimed.warnings) tell({ event: "warning", message: sentence(problem) });
    if (claimed.resumed) resume(work, claimed.resumed, tell);
    return claimed.begin();
  } catch (error) {
    claimed.close();
    throw error;
  }
}

/** Checks the signal and the time limit. */
function stopCondition({ signal, maxSeconds }: TrainOptions, started: number): () => StopReason | null {
  return () => {
    if (signal.aborted) return signal.reason as StopReason;
    const isOver = maxSeconds !== null && performance.now() - started >= 1000 * maxSeconds;
    return isOver ? "max_time" : null;
  };
}
