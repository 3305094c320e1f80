/**
 * The runs that one command is made of, seeds or folds, trained side by side, and told and concluded as if one had come
 * after the other: events come run by run, and no run but the first begins before the first has.
 */
import { freemem } from "node:os";
import type { Summary } from "../evaluate/runSummary.ts";
import { availableCores } from "../support/cores.ts";
import type { Listener, StartEvent, TrainEvent } from "../train/events.ts";
import type { Trained, TrainOptions, TrainThread, Watched } from "./trainOptions.ts";

export interface Job {
  /** Called when the run starts. @param atOnce how many runs are trained side by side */
  options(atOnce: number): TrainOptions;
  readonly listen: Listener;
}

/** What is the same for all runs. */
interface Runs {
  readonly options: TrainOptions;
  /** Trains a run in this thread. */
  readonly train: Train;
  /** Whether no more runs are to be started after one that ended so. */
  isLast(summary: Summary): boolean;
}

type Train = (options: TrainOptions, listen: Listener) => Promise<Summary>;

/** What a run holds for every number of its table: texts while it is read, the table, and batches; a rough guess. */
const copiesOfTable = 4;
/** Of the memory that is free when the first run has begun. */
const shareOfMemory = 0.5;
const bytesPerNumber = 4;
/** Of a parameter: itself, gradient, two moments, and the copies that wait to be saved. */
const copiesOfParameters = 8;

/** To be closed. */
export class SideBySide {
  private readonly threads: TrainThread[] = [];
  private readonly runs: Running[];
  private readonly cores: number;
  /** Runs at once. */
  private atOnce: number;
  private started = 0;
  private ended = 0;
  private turn = 0;
  private hasBegun = false;
  private isOver = false;
  private isHereFree = true;
  private idle: TrainThread[] = [];

  constructor(
    private readonly jobs: readonly Job[],
    private readonly of: Runs,
  ) {
    const { newThread, threads, peers, kernels } = of.options;
    this.cores = threads ?? availableCores();
    const isApart = newThread && (peers?.size ?? 1) === 1 && kernels !== "cuda";
    this.atOnce = isApart ? Math.min(this.cores, jobs.length) : 1;
    this.runs = jobs.map(() => new Running());
    for (let number = 1; number < this.atOnce; number++) this.open(newThread!());
  }

  /** The summary of a run. To be asked for one after the other, from the first on. Throws as `train`. */
  async result(number: number): Promise<Summary> {
    const job = this.jobs[number]!;
    if (this.threads.length === 0) return this.of.train(job.options(1), job.listen);
    this.turn = number;
    const run = this.runs[number]!;
    run.letSpeak(job.listen);
    this.startWhatCan();
    const { summary, watched } = await run.trained;
    for (const { preprocessing, indices, batches } of watched) {
      const watcher = run.observe!(preprocessing, { indices });
      for (const batch of batches) watcher.see(...batch);
    }
    return summary;
  }

  /** Runs that nobody has asked for are stopped, saved. */
  async close(): Promise<void> {
    this.isOver = true;
    for (const run of this.runs) run.stop.abort("aborted");
    await Promise.allSettled(this.runs.slice(0, this.started).map(({ trained }) => trained));
    await Promise.all(this.threads.map((thread) => thread.close()));
  }

  private open(thread: TrainThread): void {
    this.threads.push(thread);
    thread.ready.then(
      () => {
        this.idle.push(thread);
        this.startWhatCan();
      },
      (error: Error) => {
        this.atOnce--;
        const message = `fewer runs are trained at once: ${error.message}`;
        this.jobs[this.turn]!.listen({ event: "warning", message });
        this.startWhatCan();
      },
    );
  }

  private startWhatCan(): void {
    while (this.mayStart(this.started)) {
      const place = this.isHereFree ? "here" : this.idle.pop();
      if (!place) return;
      this.isHereFree &&= place !== "here";
      void this.start(this.started++, place);
    }
  }

  /** What is left when all have had as many runs is shared by all cores: it waits for them. */
  private mayStart(number: number): boolean {
    const { jobs, ended } = this;
    if (number >= jobs.length || number - ended >= this.atOnce || this.isOver) return false;
    if (number > 0 && !this.hasBegun) return false;
    // A run that was asked to stop says so itself, when it is its turn.
    if (this.of.options.signal.aborted) return number === this.turn;
    return number < this.inRounds || ended >= this.inRounds;
  }

  private get inRounds(): number {
    return this.jobs.length - (this.jobs.length % this.atOnce);
  }

  private async start(number: number, place: TrainThread | "here"): Promise<void> {
    const { jobs, cores } = this;
    const { options, train, isLast } = this.of;
    const run = this.runs[number]!;
    const isLeft = number >= this.inRounds;
    const atOnce = isLeft ? jobs.length - this.inRounds : this.atOnce;
    try {
      const own = jobs[number]!.options(this.atOnce);
      run.observe = own.observe ?? null;
      const signal = AbortSignal.any([options.signal, run.stop.signal]);
      const told = { ...own, signal, threads: Math.max(1, Math.floor(cores / atOnce)) };
      const listen: Listener = (event) => {
        if (number === 0 && event.event === "start") this.begin(event);
        run.hear(event);
      };
      const trained =
        place === "here" ? await trainWatched(train, told, listen) : await place.train(told, listen);
      this.isOver ||= isLast(trained.summary);
      run.resolve(trained);
    } catch (error) {
      this.isOver = true;
      for (const later of this.runs.slice(number + 1)) later.stop.abort("aborted");
      run.reject(error);
    }
    this.ended++;
    if (place === "here") this.isHereFree = true;
    else this.idle.push(place);
    this.startWhatCan();
  }

  /** The first run has its data: others may start, as many as there is memory for; a card computes for one at a time. */
  private begin({ rows, inputs, outputs, parameters, card }: StartEvent): void {
    const count = Object.values(rows).reduce((sum, rows) => sum + rows, 0);
    const numbers = copiesOfTable * count * (inputs + outputs) + copiesOfParameters * parameters;
    const most = 1 + Math.floor((shareOfMemory * freemem()) / (bytesPerNumber * numbers));
    this.atOnce = card ? 1 : Math.min(this.atOnce, most);
    this.hasBegun = true;
    this.startWhatCan();
  }
}

/** A run that may be ahead of its turn. */
class Running {
  readonly stop = new AbortController();
  readonly trained: Promise<Trained>;
  resolve!: (trained: Trained) => void;
  reject!: (error: unknown) => void;
  observe: TrainOptions["observe"] | null = null;
  private held: TrainEvent[] = [];
  private listen: Listener | null = null;

  constructor() {
    this.trained = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.trained.catch(() => {}); // nobody need ask for it
  }

  hear(event: TrainEvent): void {
    if (this.listen) this.listen(event);
    else if (event.event !== "progress") this.held.push(event);
  }

  letSpeak(listen: Listener): void {
    this.listen = listen;
    for (const event of this.held) listen(event);
    this.held = [];
  }
}

/** Trains a run, and keeps what it would tell its observers. Throws as `train`. */
export async function trainWatched(train: Train, options: TrainOptions, listen: Listener): Promise<Trained> {
  const watched: Watched[] = [];
  if (!options.observe) return { summary: await train(options, listen), watched };
  const observe: TrainOptions["observe"] = (preprocessing, { indices }) => {
    const batches: Watched["batches"][number][] = [];
    watched.push({ preprocessing, indices, batches });
    return {
      see: (predictions, targets, first, S) =>
        batches.push([predictions.slice(), targets.slice(), first, S.slice()]),
    };
  };
  return { summary: await train({ ...options, observe }, listen), watched };
}
