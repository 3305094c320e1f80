/** The story of a run: load, build, loop, save, report. Everything else is a detail behind one of its calls. */
import { performance } from "node:perf_hooks";
import { claimRun, type ResumePoint, type Run } from "../checkpoint/runDirectory.ts";
import { anyOf, fromFirst } from "../cluster/talk.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import { sentence } from "../support/errors.ts";
import type { Follower, Listener, StopReason, TrainEvent } from "../train/events.ts";
import { type Assembly, assemble } from "./assembly.ts";
import { combineFolds, combineSoFar } from "./combineFolds.ts";
import { crossValidate } from "./crossValidation.ts";
import { runEpoch } from "./divergence.ts";
import { conclude, type Ending } from "./end.ts";
import { endEpoch, reasonToStop } from "./endEpoch.ts";
import { foldModels } from "./foldRuns.ts";
import { followedRun, followedSaving } from "./followed.ts";
import { resume } from "./resume.ts";
import { Saver, type Saving } from "./saver.ts";
import type { TrainOptions } from "./trainOptions.ts";

/**
 * Trains a network as its spec says and leaves a run directory behind. Of several processes that share the work all
 * call it; the first alone writes.
 * @throws UserError: usage, data, io, model (a resumed one or init.from), diverged (the last finite model is saved)
 */
export async function train(options: TrainOptions, tell: Listener): Promise<Summary> {
  const started = performance.now();
  const secondsLeft = () =>
    options.maxSeconds && Math.max(0, options.maxSeconds - (performance.now() - started) / 1000);
  const told: TrainEvent[] = []; // held back: where the directory is refused, that comes first
  let work = await assemble(options, (event) => told.push(event));
  const { peers } = work;
  let run: Run | undefined;
  let follow: Follower | undefined;
  try {
    run = await beginOrFollow(work, options, told, tell);
    const validated = options.spec.spec.train.folds
      ? await crossValidate(options, run, work.preprocessing, secondsLeft, train, tell)
      : null;
    if (peers.rank === 0)
      follow = options.follow?.(run.directory, work.network.spec, (message) =>
        tell({ event: "warning", message }),
      );
    let end: TrainEvent | null = null;
    const listen: Listener = (event) => {
      if (event.event === "end")
        end = event; // told last, behind what followers have to say
      else tell(event);
      follow?.(event);
    };
    run.write("spec", options.renderSpec(work.spec, run.directory));
    const start = work.startEvent();
    if (!run.resumed?.events.length) run.log.append(start);
    listen(start);
    const saver = new Saver(run, work.network.spec.train.checkpoint);
    const saving = peers.rank === 0 ? saver : followedSaving;
    saving.remember(await work.checkpoint(), run.resumed);
    const stopped = typeof validated === "string" ? validated : null;
    const found = typeof validated === "string" ? null : validated;
    const { folds, combine } = work.network.spec.train;
    const networks = 1 + (work.spec.blend?.length ?? 0);
    if (found && networks > 1) work = await work.withVotes(await fromFirst(peers, () => found.votes));
    if (combine && stopped) await combineSoFar(work, foldModels(run.directory, folds!, 0), saving, listen);
    const reason =
      combine && found
        ? await combineFolds(work, found, saving)
        : await runEpochs(work, run, saving, stopped, { options, started, listen });
    const ending = { reason, started, validated: found };
    const written = run;
    const summary = await fromFirst(peers, () => conclude(work, written, saver, ending, options, listen));
    await follow?.settle?.();
    if (end !== null) tell(end);
    return summary;
  } catch (error) {
    follow?.({ event: "failed" });
    await follow?.settle?.();
    throw error;
  } finally {
    run?.close();
    await work.close();
  }
}

interface Looping extends Pick<Ending, "started"> {
  readonly options: TrainOptions;
  readonly listen: Listener;
}

/** Epoch after epoch, until one of the reasons to stop; gives it. What is not on disk then is written. */
async function runEpochs(
  work: Assembly,
  run: Run,
  saving: Saving,
  stopped: StopReason | null,
  { options, started, listen }: Looping,
): Promise<StopReason> {
  const { trainer, peers } = work;
  const shouldStop = stopCondition(options, started);
  const lastEpoch = options.pauseAt ?? Infinity;
  const isPause = () => trainer.state.epoch >= lastEpoch && !trainer.finished;
  const paused = () => (isPause() ? ("paused" as const) : null);
  let reason = stopped ?? reasonToStop(work) ?? paused();
  try {
    while (!trainer.finished && reason === null) {
      reason = await runEpoch(work, saving, shouldStop, listen);
      if (reason !== null) break;
      const epoch = await endEpoch(work);
      run.log.append(epoch.event);
      listen(epoch.event);
      saving.keep(await work.checkpoint(), epoch.isBest);
      reason = reasonToStop(work) ?? (await anyOf(peers, shouldStop())) ?? paused();
    }
    if (trainer.isMidEpoch)
      saving.keep(await work.checkpoint(), trainer.state.monitor.bestEpoch === 0, false);
  } finally {
    saving.flush();
  }
  return reason ?? work.plannedEnd;
}

/** The first process takes the directory and tells the others what it goes on from. */
async function beginOrFollow(
  work: Assembly,
  options: TrainOptions,
  told: readonly TrainEvent[],
  tell: Listener,
): Promise<Run> {
  const { peers } = work;
  let run: Run | undefined;
  const { directory, resumed } = await fromFirst(peers, () => {
    run = claimAndBegin(work, options, told, tell);
    return { directory: run.directory, resumed: run.resumed };
  });
  if (run) return run;
  if (resumed) goOn(work, resumed, () => {});
  return followedRun(directory, resumed);
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
    if (claimed.resumed) goOn(work, claimed.resumed, tell);
    return claimed.begin();
  } catch (error) {
    claimed.close();
    throw error;
  }
}

/** From where a run stopped; a model made of folds' models has no state of its own. */
function goOn(work: Assembly, from: ResumePoint, tell: Listener): void {
  if (!work.network.spec.train.combine) resume(work, from, tell);
}

/** Checks the signal and the time limit. */
function stopCondition({ signal, maxSeconds }: TrainOptions, started: number): () => StopReason | null {
  return () => {
    if (signal.aborted) return signal.reason as StopReason;
    const isOver = maxSeconds !== null && performance.now() - started >= 1000 * maxSeconds;
    return isOver ? "max_time" : null;
  };
}
