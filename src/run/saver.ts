/**
 * When the latest and the best model of a run are written to disk: as `train.checkpoint` says, or else, when epochs are
 * short, about once a second, so that a small run does not spend its time waiting for the disk.
 */
import { performance } from "node:perf_hooks";
import {
  type Checkpoint,
  type Digests,
  readCheckpoint,
  type StoredCheckpoint,
  writeCheckpoint,
} from "../checkpoint/checkpoint.ts";
import type { ResumePoint, Run } from "../checkpoint/runDirectory.ts";
import type { CheckpointSpec } from "../config/schema.ts";
import type { NamedTensor } from "../model/tensors.ts";

/** A crash loses at most this much work, or one epoch. */
const secondsBetweenSaves = 1;

/** What the loop over epochs asks of whoever saves its models. */
export type Saving = Pick<Saver, "remember" | "isDue" | "keep" | "lastGood" | "flush">;

export class Saver {
  private readonly pending = { last: new Snapshot(), best: new Snapshot() };
  /** The latest model is the best one: it is kept in `pending.best` alone. */
  private lastIsBest = false;
  private savedAt = Number.NEGATIVE_INFINITY;
  /** The step of the latest model that was kept, and how many such models are to stay on disk when it is written. */
  private keptStep = 0;
  private keptCopies = 0;
  /** Digests of the files as they are on disk. */
  readonly digests: { last?: Digests; best?: Digests } = {};

  constructor(
    private readonly run: Run,
    private readonly policy: CheckpointSpec | null,
  ) {}

  /**
   * Takes the model with which a run starts: it is saved if the run is interrupted before there is another. What a
   * resumed run has on disk stays as it is.
   */
  remember(checkpoint: Checkpoint, resumed: ResumePoint | null): void {
    this.savedAt = performance.now();
    this.keptStep = checkpoint.training.step;
    const { best, last } = this.pending;
    const most = this.policy?.keep_last ?? null;
    if (resumed && most !== null) this.run.removeKept(most, this.keptStep); // it may have been killed just before that
    this.lastIsBest = !resumed?.hasBest || resumed.file === "best";
    if (this.lastIsBest) best.take(checkpoint);
    else {
      this.digests.best = readCheckpoint(this.run.paths.best, "none").digests;
      if (resumed?.file === "last") this.digests.last = resumed.checkpoint.digests;
      else last.take(checkpoint);
    }
  }

  /** Whether the spec wants the model of this step saved, within an epoch. */
  isDue(step: number): boolean {
    return this.policy !== null && step !== this.keptStep && (this.isStep(step) || this.isTime());
  }

  /** Takes the latest model, at the end of an epoch or when one is due. Writes it now or, where the spec allows, later. */
  keep(checkpoint: Checkpoint, isBest: boolean, isDue = this.isDueAtEnd(checkpoint.training)): void {
    const { last, best } = this.pending;
    if (isBest) {
      best.take(checkpoint);
      last.clear();
    } else last.take(checkpoint);
    this.lastIsBest = isBest;
    this.keptStep = checkpoint.training.step;
    this.keptCopies = isDue ? (this.policy?.keep_last ?? 0) : 0;
    if (isDue) this.flush();
  }

  /** The latest model that was kept, read back from disk. */
  lastGood(): StoredCheckpoint {
    this.flush();
    return readCheckpoint(this.run.paths.last);
  }

  /**
   * Writes what is not on disk yet. The best goes first: a run that is killed between the two resumes from the older
   * `last.ckpt`, and finds the same best model again.
   */
  flush(): void {
    const { last, best } = this.pending;
    const { paths, log } = this.run;
    const { keptCopies } = this;
    this.run.check();
    log.sync();
    const copies = keptCopies > 0 ? [this.run.keptPath(this.keptStep)] : [];
    if (best.checkpoint && this.lastIsBest) {
      this.digests.best = writeCheckpoint([...copies, paths.best, paths.last], best.checkpoint);
      this.digests.last = this.digests.best;
    } else {
      if (best.checkpoint) this.digests.best = writeCheckpoint(paths.best, best.checkpoint);
      if (last.checkpoint) this.digests.last = writeCheckpoint([...copies, paths.last], last.checkpoint);
    }
    if (keptCopies > 0) this.run.removeKept(keptCopies, this.keptStep);
    this.keptCopies = 0;
    best.clear();
    last.clear();
    this.savedAt = performance.now();
  }

  private isDueAtEnd({ epoch, step }: Checkpoint["training"]): boolean {
    if (this.policy === null) return this.secondsSinceSave >= secondsBetweenSaves;
    const every = this.policy.every_epochs;
    return (every !== null && epoch % every === 0) || this.isStep(step) || this.isTime();
  }

  private isStep(step: number): boolean {
    const every = this.policy?.every_steps ?? null;
    return every !== null && step % every === 0;
  }

  private isTime(): boolean {
    const every = this.policy?.every_minutes ?? null;
    return every !== null && this.secondsSinceSave >= 60 * every;
  }

  private get secondsSinceSave(): number {
    return (performance.now() - this.savedAt) / 1000;
  }
}

/** A copy of a checkpoint that training does not change, in memory that is reused. */
class Snapshot {
  checkpoint: Checkpoint | null = null;
  private readonly memory = new Map<string, NamedTensor["values"]>();

  take(checkpoint: Checkpoint): void {
    const copies = (tensors: readonly NamedTensor[]) => tensors.map((tensor) => this.copy(tensor));
    this.checkpoint = {
      ...checkpoint,
      training: structuredClone(checkpoint.training),
      parameters: copies(checkpoint.parameters),
      buffers: copies(checkpoint.buffers),
      optimizer: copies(checkpoint.optimizer),
    };
  }

  clear(): void {
    this.checkpoint = null;
  }

  private copy(tensor: NamedTensor): NamedTensor {
    const { name, values } = tensor;
    const kept = this.memory.get(name);
    // Of a blend that leaves a network out, others have the names.
    if (kept?.length !== values.length) {
      this.memory.set(name, values.slice());
      return { ...tensor, values: this.memory.get(name)! };
    }
    kept.set(values);
    return { ...tensor, values: kept };
  }
}
