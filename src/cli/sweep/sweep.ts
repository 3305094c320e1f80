/**
 * A sweep under way: jobs taken from the plan, trained side by side, their results put into the journal. Any
 * number of processes may do this with one directory at once; what they need to know of each other is in the
 * journal.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { dropClaims, holdersOf } from "../../checkpoint/lock.ts";
import { type Journal, lossesIn, type ResultLine } from "../../search/journal.ts";
import { Plan } from "../../search/plan.ts";
import { strategyOf } from "../../search/strategies.ts";
import type { Job } from "../../search/strategy.ts";
import { isThere } from "../../support/files.ts";
import { liveness, parseIdentity } from "../../support/processes.ts";
import type { TrainEvent } from "../../train/events.ts";
import type { Sweep, SweepFiles } from "./setup.ts";
import { Trainers } from "./trainers.ts";
import { trainJob } from "./trial.ts";
import { Worker } from "./worker.ts";

export type SweepEvent =
  | { readonly event: "started"; readonly job: Job }
  | { readonly event: "stopped"; readonly job: Job }
  | { readonly event: "train"; readonly job: Job; readonly of: TrainEvent }
  /** Also of results that were there before, or come from other machines. */
  | { readonly event: "result"; readonly job: Job; readonly result: ResultLine };

export interface SweepOptions {
  /** Trials at once in this process. */
  readonly jobs: number;
  /** Make this trial alone. */
  readonly only: number | null;
  /** Options of every `nnt train`. */
  readonly trainOptions: readonly string[];
  /** Aborted: trials save and end, to be resumed. */
  readonly signal: AbortSignal;
}

/** How often other machines' results are looked for. */
const pollMilliseconds = 250;

/** Works until all is done, or the signal comes; gives the journal as it is then. Throws UserError. */
export async function runSweep(
  sweep: Sweep,
  files: SweepFiles,
  options: SweepOptions,
  listen: (event: SweepEvent) => void,
): Promise<{ journal: Journal; isComplete: boolean }> {
  const plan = new Plan(strategyOf(sweep.settings), sweep.settings.parallel);
  const worker = new Worker(files.workers);
  const trainers = new Trainers();
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const running = new Map<Job, Promise<void>>();
  const told = new Set<Job>();
  let isComplete = false;
  try {
    while (!signal.aborted) {
      worker.beat();
      let journal = files.journal.read();
      plan.extend(lossesIn(journal, sweep.mode));
      const wanted = plan.jobs.filter(({ trial }) => options.only === null || trial === options.only);
      for (const job of plan.jobs) {
        const result = journal.resultOf(job);
        if (result && !told.has(job)) listen({ event: "result", job, result });
        if (result) told.add(job);
      }
      const open = wanted.filter((job) => !journal.resultOf(job) && !running.has(job));
      const areAllKnown = plan.complete || (options.only !== null && wanted.length > 0);
      isComplete = areAllKnown && open.length === 0 && running.size === 0;
      if (isComplete) break;
      for (const job of open) {
        if (running.size >= options.jobs) break;
        const taken = take(job, journal);
        journal = taken.journal;
        if (!taken.isMine) continue;
        const work = runJob(job, journal)
          .catch((error: unknown) => failure.abort(error))
          .finally(() => running.delete(job));
        running.set(job, work);
      }
      await Promise.race([...running.values(), sleep(pollMilliseconds)]);
    }
  } catch (error) {
    failure.abort(error);
  } finally {
    await Promise.all(running.values());
    trainers.close();
    worker.leave();
  }
  failure.signal.throwIfAborted();
  return { journal: files.journal.read(), isComplete };

  /** Of several that claim a job the first that lives has it. */
  function take(job: Job, known: Journal): { isMine: boolean; journal: Journal } {
    const owner = (journal: Journal) => journal.claimsOf(job).find((name) => !worker.isGone(name));
    if (owner(known) !== undefined && owner(known) !== worker.name) return { isMine: false, journal: known };
    const isClaimed = (after: Journal) => after.claimsOf(job).includes(worker.name);
    const journal = isClaimed(known) ? known : files.journal.append(claim("claim", job), isClaimed);
    if (owner(journal) === worker.name) return { isMine: true, journal };
    release(job);
    return { isMine: false, journal };
  }

  function claim(event: "claim" | "release", { trial, epochs }: Job) {
    return { event, trial, epochs, worker: worker.name } as const;
  }

  function release(job: Job): void {
    files.journal.append(claim("release", job), (known) => !known.claimsOf(job).includes(worker.name));
  }

  async function runJob(job: Job, journal: Journal): Promise<void> {
    await directoryIsFree(job, journal);
    if (signal.aborted) return release(job);
    listen({ event: "started", job });
    const train = (argv: readonly string[]) =>
      trainers.train({ argv, signal, listen: (of) => listen({ event: "train", job, of }) });
    const result = await trainJob(job, { sweep, files, trainOptions: options.trainOptions, signal, train });
    listen({ event: "stopped", job });
    if (result === null) return release(job);
    files.journal.append(result, (known) => known.resultOf(job) !== undefined);
  }

  /** A trial of a sweep that was killed saves and ends by itself; one of a machine that is gone does not. */
  async function directoryIsFree(job: Job, journal: Journal): Promise<void> {
    const directory = files.runOf(job);
    const gone = journal.claimsOf(job).filter((name) => worker.isGone(name));
    const hosts = new Set(gone.map((name) => parseIdentity(name)?.host));
    while (!signal.aborted && isThere(directory)) {
      const holders = holdersOf(directory);
      if (holders.length === 0) return;
      for (const holder of holders)
        if (liveness(holder) === "unknown" && hosts.has(holder.host)) dropClaims(directory, holder.host);
      await sleep(50);
    }
  }
}
