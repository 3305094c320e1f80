/** A model that stays open to be asked, by many at once: its network, on a backend of its own. */
import { reachOf } from "../data/preprocessing/calibration.ts";
import type { Reach } from "../data/preprocessing/intervals.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import type { Floats } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import { conformalFor } from "./conformal.ts";
import { readModel, restoreModel, type SavedModel } from "./savedModel.ts";

/** Rows that are predicted together; larger batches are no faster. */
export const largestBatch = 1024;

export class Predictor {
  /** Outputs per row. */
  readonly width: number;
  /** Resolves when nobody uses the network's memory. */
  private free: Promise<unknown> = Promise.resolve();
  private conformal: ReturnType<typeof conformalFor> | null = null;

  private constructor(
    readonly saved: SavedModel,
    private readonly k: Kernels,
    private readonly model: Model,
  ) {
    this.width = model.description.outputWidth;
  }

  /** @throws UserError: model (4) or io (5) */
  static async open(path: string, choice: KernelsChoice): Promise<Predictor> {
    const saved = readModel(path);
    const { backend } = await openKernels(choice);
    const k = new Kernels(backend);
    try {
      return new Predictor(saved, k, restoreModel(k, saved));
    } catch (error) {
      await backend.close();
      throw error;
    }
  }

  /**
   * What `use` makes of the outputs [n, width] of n rows, 0 < n ≤ {@link largestBatch}, whose inputs `fill` writes. The
   * memory of both is theirs for that long; whoever else asks waits.
   */
  outputs<T>(n: number, fill: (X: Floats) => void, use: (S: Float32Array) => T): Promise<T> {
    const answered = this.free.then(async () => {
      // A power of two, so that few sizes are ever planned; rows past n are computed and ignored.
      const pass = this.model.plan(2 ** Math.ceil(Math.log2(n)));
      this.k.write(pass.X, fill);
      pass.forward("evaluate");
      return use((await this.k.read(pass.S)) as Float32Array);
    });
    this.free = answered.catch(() => {}); // told to who asked
    return answered;
  }

  /** How far from answers the truth is with this probability, per target. @throws UserError as `conformalFor` */
  async reach(probability: number | null | undefined): Promise<Reach | null> {
    if (!probability) return null;
    this.conformal ??= conformalFor(this.k, this.saved);
    return reachOf(await this.conformal, probability);
  }

  /** Once all who asked have been answered. */
  async close(): Promise<void> {
    await this.free;
    await this.k.backend.close();
  }
}
