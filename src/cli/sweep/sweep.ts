/**
 * A sweep under way: jobs taken from the plan, each run in a process of its own, their results put into the
 * journal. Any number of processes may do this with one directory at once; what they need to know of each
 * other is in the journal.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { dropClaims, holdersOf } from "../../checkpoint/lock.ts";
import { type Journal, lossesIn, type ResultLine } from "../../search/journal.ts";
import { Plan } from "../../search/plan.ts";
import { strategyOf } from "../../search/strategies.ts";
import type { Job } from "../../search/strategy.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { atomicWrite, isThere } from "../../support/files.ts";
import { liveness, parseIdentity } from "../../support/processes.ts";
import type { TrainEvent } from "../../train/events.ts";
import { signalExitCodes } from "../main.ts";
import type { Sweep, SweepFiles } from "./setup.ts";
import { runTrial, type TrialEnd } from "./trial.ts";
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

const stopCodes: readonly number[] = Object.values(signalExitCodes);

/** How often other machines' results are looked for. */
const pollMilliseconds = 250;

/** A trial whose process was killed from outside is gone on with so often before it counts as failed. */
const mostStarts = 3;

/** Works until all is done, or the signal comes; gives the journal as it is then. Throws UserError. */
export async function runSweep(
  sweep: Sweep,
  files: SweepFiles,
  options: SweepOptions,
  listen: (event: SweepEvent) => void,
): Promise<{ journal: Journal; isComplete: boolean }> {
  const plan = new Plan(strategyOf(sweep.settings), sweep.settings.parallel);
  const worker = new Worker(files.workers);
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
    await Promise.all(running.values());
    if (failure.signal.aborted) throw failure.signal.reason;
    return { journal: files.journal.read(), isComplete };
  } finally {
    worker.leave();
  }

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
    const started = performance.now();
    const result = await trainJob(job);
    listen({ event: "stopped", job });
    if (result === null) return release(job);
    const line = { ...result, seconds: (performance.now() - started) / 1000 };
    files.journal.append(line, (known) => known.resultOf(job) !== undefined);
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

  /** null: it was stopped, to be gone on with. */
  async function trainJob(job: Job): Promise<Omit<ResultLine, "seconds"> | null> {
    const spec = files.specOf(job);
    atomicWrite(spec, [sweep.specAt(job.point).textFor(`${files.directory}/specs`)]);
    const pause = job.epochs === null ? [] : ["--pause-at", String(job.epochs)];
    const run = ["train", spec, "--out", files.runOf(job), "--resume", "--json", "--quiet"];
    const argv = [...run, ...pause, ...options.trainOptions];
    for (let start = 1; ; start++) {
      const ended = await runTrial({ argv, signal, listen: (of) => listen({ event: "train", job, of }) });
      const wasStopped = ended.code === null || stopCodes.includes(ended.code);
      if (wasStopped && signal.aborted) return null;
      if (!wasStopped || start === mostStarts) return resultOf(job, ended);
    }
  }

  function resultOf({ trial, epochs, point }: Job, { end, code, killedBy, text }: TrialEnd) {
    const common = { event: "result", trial, epochs, point } as const;
    const nothing = { value: null, epoch: null, best_epoch: null, weights_sha256: null };
    const message =
      text
        .split("\n")
        .find((line) => line.startsWith("nnt: "))
        ?.slice("nnt: ".length) ?? "";
    const without = (state: "diverged" | "failed", message: string) =>
      ({ ...common, ...nothing, state, message }) as const;
    if (code === null) return without("failed", `killed by ${killedBy}`);
    if (code === exitCodes.diverged) return without("diverged", message);
    if (code === exitCodes.usage) return without("failed", message);
    if (code !== 0 || !end) throw failed(trial, code, message);
    const [split = "", name = ""] = sweep.settings.metric.split(".");
    const value = end.metrics[split]?.[name] ?? null;
    if (value === null) return without("failed", `${sweep.settings.metric} is not a number`);
    const { epoch, best_epoch, weights_sha256 } = end;
    return { ...common, value, state: "done", epoch, best_epoch, weights_sha256 } as const;
  }
}

/** What is wrong with the data or the machine would be wrong in every trial. */
function failed(trial: number, code: number, message: string): UserError {
  const known = Object.values(exitCodes).find((one) => one === code) ?? exitCodes.bug;
  return new UserError(known, { message: `trial ${trial}: ${message || `it ended with exit code ${code}`}` });
}
