/**
 * The jobs of a search, as far as they are known: each is proposed with the results of all jobs before it but the
 * latest few. So the plan depends on results, but never on when they arrived.
 */
import type { Job, Known, Strategy } from "./strategy.ts";

/** The loss of a finished job, less being better, Infinity for one that failed; undefined for an unfinished job. */
export type LossOf = (job: Job) => number | undefined;

export class Plan {
  /** null: nothing was proposed at this position. */
  private readonly places: (Job | null)[] = [];
  /** Whether all jobs are known. */
  complete = false;

  /** @param lag how many of the latest results a proposal does not know */
  constructor(
    private readonly strategy: Strategy,
    private readonly lag: number,
  ) {}

  get jobs(): Job[] {
    return this.places.filter((job) => job !== null);
  }

  /** Adds the jobs that follow from the results there are. */
  extend(lossOf: LossOf): void {
    while (!this.complete) {
      const known = this.knownToNext(lossOf);
      if (known === null) return;
      const job = this.strategy.propose(known);
      this.places.push(job);
      // While results are outstanding, more jobs may be proposed; after that nothing changes any more.
      const idle = this.strategy.learns ? this.places.slice(-this.lag) : [job];
      this.complete =
        idle.every((place) => place === null) && (!this.strategy.learns || idle.length === this.lag);
    }
  }

  /** null while a result is missing on which the next proposal depends. */
  private knownToNext(lossOf: LossOf): Known[] | null {
    const visible = this.strategy.learns ? this.places.length + 1 - this.lag : 0;
    const known: Known[] = [];
    for (const [place, job] of this.places.entries()) {
      if (job === null) continue;
      const loss = place < visible ? lossOf(job) : undefined;
      if (place < visible && loss === undefined) return null;
      known.push({ ...job, loss });
    }
    return known;
  }
}
