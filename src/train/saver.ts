/**
 * Which models of a run are on disk, and when: the latest and the best. Short epochs are kept in memory and
 * written together about once a second, so that a small run is not spent waiting for the disk.
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
import type { NamedTensor } from "../model/tensors.ts";

/** A crash loses at most so much work, or one epoch. */
const secondsBetweenSaves = 1;

export class Saver {
  private readonly pending = { last: new Snapshot(), best: new Snapshot() };
  /** Both pending snapshots are of one moment: the best stands in `best` alone. */
  private lastIsBest = false;
  private savedAt = Number.NEGATIVE_INFINITY;
  /** Digests of the files as they are on disk. */
  readonly digests: { last?: Digests; best?: Digests } = {};

  constructor(private readonly run: Run) {}

  /**
   * The model a run begins with: it is saved if nothing better comes before the run breaks off. What a
   * resumed run has on disk stays as it is.
   */
  remember(checkpoint: Checkpoint, resumed: ResumePoint | null): void {
    this.savedAt = performance.now();
    if (resumed?.file === "last" && resumed.hasBest) {
      this.digests.last = resumed.checkpoint.digests;
      this.digests.best = readCheckpoint(this.run.paths.best, "none").digests;
    } else {
      this.pending.best.take(checkpoint);
      this.lastIsBest = true;
    }
  }

  /** An epoch has ended with this model. Writes it now or, if the last write was just now, soon. */
  keep(checkpoint: Checkpoint, isBest: boolean): void {
    const { last, best } = this.pending;
    if (isBest) {
      best.take(checkpoint);
      last.clear();
    } else last.take(checkpoint);
    this.lastIsBest = isBest;
    if (performance.now() - this.savedAt >= 1000 * secondsBetweenSaves) this.flush();
  }

  /** The latest model that was kept, read back from disk. */
  lastGood(): StoredCheckpoint {
    this.flush();
    return readCheckpoint(this.run.paths.last);
  }

  /** Writes what is not on disk yet. */
  flush(): void {
    const { last, best } = this.pending;
    const { paths, log } = this.run;
    log.sync();
    if (best.checkpoint && this.lastIsBest) {
      this.digests.best = writeCheckpoint([paths.last, paths.best], best.checkpoint);
      this.digests.last = this.digests.best;
    } else {
      if (best.checkpoint) this.digests.best = writeCheckpoint(paths.best, best.checkpoint);
      if (last.checkpoint) this.digests.last = writeCheckpoint(paths.last, last.checkpoint);
    }
    best.clear();
    last.clear();
    this.savedAt = performance.now();
  }
}

/** A copy of a checkpoint that training does not change, in memory that is used again. */
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
    if (!kept) {
      this.memory.set(name, values.slice());
      return { ...tensor, values: this.memory.get(name)! };
    }
    kept.set(values);
    return { ...tensor, values: kept };
  }
}
