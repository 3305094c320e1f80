/**
 * A sweep under way: jobs taken from the plan, trained side by side, their results put into the journal. Any
 * number of processes may do this with one directory at once; what they need to know of each other is in the
 * journal.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { holdersOf } from "../../checkpoint/lock.ts";
import { type Journal, lossesIn, type ResultLine } from "../../search/journal.ts";
import { Plan } from "../../search/plan.ts";
import { strategyOf } from "../../search/strategies.ts";
import type { Job } from "../../search/strategy.ts";
import { isThere } from "../../support/files.ts";
import type { TrainEvent } from "../../train/events.ts";
import type { Sweep, SweepFiles } from "./setup.ts";
import { Trainers } from "./trainers.ts";
import { trainJob } from "./trainJob.ts";
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
  const work = new SweepWork(sweep, files, options, listen);
  const isComplete = await work.finish();
  return { journal: files.journal.read(), isComplete };
}

class SweepWork {
  private readonly plan: Plan;
  private readonly worker: Worker;
  private readonly trainers = new Trainers();
  private readonly failure = new AbortController();
  private readonly signal: AbortSignal;
  private readonly running = new Map<Job, Promise<void>>();
  private readonly told = new Set<Job>();

  constructor(
    private readonly sweep: Sweep,
    private readonly files: SweepFiles,
    private readonly options: SweepOptions,
    private readonly listen: (event: SweepEvent) => void,
  ) {
    this.plan = new Plan(strategyOf(sweep.settings), sweep.settings.parallel);
    this.worker = new Worker(files.workers);
    this.signal = AbortSignal.any([options.signal, this.failure.signal]);
  }

  /** Gives whether every job has its result. */
  async finish(): Promise<boolean> {
    let isComplete = false;
    try {
      while (!this.signal.aborted && !isComplete) {
        isComplete = this.startJobs();
        if (!isComplete) await Promise.race([...this.running.values(), sleep(pollMilliseconds)]);
      }
    } catch (error) {
      this.failure.abort(error);
    } finally {
      await Promise.all(this.running.values());
      this.trainers.close();
      this.worker.leave();
    }
    this.failure.signal.throwIfAborted();
    return isComplete;
  }

  /** Starts what there is room for; true when nothing is left to start and nothing runs. */
  private startJobs(): boolean {
    const { plan, running, options } = this;
    let journal = this.files.journal.read();
    plan.extend(lossesIn(journal, this.sweep.mode));
    this.tellResults(journal);
    const wanted = plan.jobs.filter(({ trial }) => options.only === null || trial === options.only);
    const open = wanted.filter((job) => !journal.resultOf(job) && !running.has(job));
    const areAllKnown = plan.complete || (options.only !== null && wanted.length > 0);
    if (areAllKnown && open.length === 0 && running.size === 0) return true;
    for (const job of open) {
      if (running.size >= options.jobs) break;
      const taken = this.take(job, journal);
      journal = taken.journal;
      if (!taken.isMine) continue;
      const work = this.runJob(job)
        .catch((error: unknown) => this.failure.abort(error))
        .finally(() => running.delete(job));
      running.set(job, work);
    }
    return false;
  }

  private tellResults(journal: Journal): void {
    for (const job of this.plan.jobs) {
      const result = journal.resultOf(job);
      if (!result || this.told.has(job)) continue;
      this.listen({ event: "result", job, result });
      this.told.add(job);
    }
  }

  /** Of several processes that claim a job, the first that is alive has it. */
  private take(job: Job, known: Journal): { isMine: boolean; journal: Journal } {
    const { worker } = this;
    const owner = (journal: Journal) => journal.claimsOf(job).find((name) => !worker.isGone(name));
    if (owner(known) !== undefined && owner(known) !== worker.name) return { isMine: false, journal: known };
    const isClaimed = (after: Journal) => after.claimsOf(job).includes(worker.name);
    const journal = isClaimed(known) ? known : this.files.journal.append(this.claim("claim", job), isClaimed);
    if (owner(journal) === worker.name) return { isMine: true, journal };
    this.release(job);
    return { isMine: false, journal };
  }

  private claim(event: "claim" | "release", { trial, epochs }: Job) {
    return { event, trial, epochs, worker: this.worker.name } as const;
  }

  private release(job: Job): void {
    const { name } = this.worker;
    this.files.journal.append(this.claim("release", job), (known) => !known.claimsOf(job).includes(name));
  }

  private async runJob(job: Job): Promise<void> {
    const { sweep, files, signal, listen } = this;
    await this.directoryIsFree(job);
    if (signal.aborted) return this.release(job);
    listen({ event: "started", job });
    const train = (argv: readonly string[]) =>
      this.trainers.train({ argv, signal, listen: (of) => listen({ event: "train", job, of }) });
    const { trainOptions } = this.options;
    const result = await trainJob(job, { sweep, files, trainOptions, signal, train });
    listen({ event: "stopped", job });
    if (result === null) return this.release(job);
    files.journal.append(result, (known) => known.resultOf(job) !== undefined);
  }

  /** A trial of a sweep that was killed saves and ends by itself; one of a machine that is gone falls silent. */
  private async directoryIsFree(job: Job): Promise<void> {
    const directory = this.files.runOf(job);
    while (!this.signal.aborted && isThere(directory) && holdersOf(directory).length > 0) await sleep(50);
  }
}
