/** The clock of the training loop: how often it looks up from its work, and how fast it goes. Changes no result. */
import { performance } from "node:perf_hooks";

export class Pace {
  /** How often training looks up for stops and progress, in milliseconds; 0: after every update. */
  perLook = 20;
  /** How often it lets other events in, in milliseconds. */
  private readonly perYield = 50;
  /** Of the epoch's updates, in this process. */
  speed = { seconds: 0, samples_per_second: 0 };
  private updatesPerLook = 1;
  private lookedAt = 0;
  private yieldedAt = performance.now();
  /** Where the clock of the epoch was started, what it showed then, and how many rows the epoch had behind it. */
  private start = { at: 0, seconds: 0, timedRows: 0, rows: 0 };
  private timedRows = 0;

  /** @param everySteps a look falls on every multiple of so many updates as well; null: on none in particular */
  constructor(private readonly everySteps: number | null) {}

  /** Starts the clock of an epoch that has so many rows behind it. One that goes on in this process is timed on. */
  startEpoch(rows: number, isNew: boolean): void {
    const seconds = isNew ? 0 : this.speed.seconds;
    this.start = { at: performance.now(), seconds, timedRows: isNew ? 0 : this.timedRows, rows };
  }

  /** Begins the work between two looks: how many updates to make, with `step` made so far. */
  startLook(step: number): number {
    this.lookedAt = performance.now();
    return Math.min(
      this.updatesPerLook,
      this.everySteps === null ? Infinity : this.everySteps - (step % this.everySteps),
    );
  }

  /** Fits the number of updates to the time that the latest took, and now and then lets other events in. */
  async endLook(rows: number): Promise<void> {
    const now = performance.now();
    const fitting = Math.floor((this.updatesPerLook * this.perLook) / Math.max(now - this.lookedAt, 0.01));
    this.updatesPerLook = Math.max(1, Math.min(fitting, 2 * this.updatesPerLook));
    if (now - this.yieldedAt > this.perYield) {
      await new Promise((resolve) => setImmediate(resolve));
      this.yieldedAt = performance.now();
    }
    const { start } = this;
    const seconds = start.seconds + (performance.now() - start.at) / 1000;
    this.timedRows = start.timedRows + rows - start.rows;
    this.speed = { seconds, samples_per_second: this.timedRows / seconds };
  }
}
