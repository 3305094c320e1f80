/**
 * Image augmentation: affine maps, drawn here once per epoch, and elastic displacements, drawn in the kernels. Both
 * are functions of (seed, epoch, position in the epoch's order).
 */
import type { AugmentSpec, Spec } from "../config/schema.ts";
import type { Inputs } from "../data/preprocessing/preprocessing.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Floats, Matrix } from "../engine/matrix.ts";
import type { Elastic, Warp } from "../engine/verbs.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { type RandomKey, randomBits, streamKey } from "../support/random.ts";

/** Augments the images of a batch: `raw` → `into`, for the rows of the epoch's order from `first` on. */
export interface BatchAugmentation {
  readonly raw: Matrix;
  apply(into: Matrix, first: number): void;
}

interface Image {
  readonly height: number;
  readonly width: number;
  /** What the network sees of a pixel that was 0. */
  readonly background: number;
}

/**
 * What a spec's `data.augment` asks for, if anything.
 * @throws UserError (exit code 2) if the records are not images
 */
export function createAugmentation(
  k: Kernels,
  { data, train, seed }: Spec,
  inputs: Inputs,
  rows: number,
): Augmentation | null {
  if (data.format !== "idx" || data.augment === null || inputs.kind !== "array") return null;
  const { shape, scaling } = inputs;
  const [height = 0, width = 0] = shape;
  if (shape.length !== 2 || Math.max(height, width) > largestSide) {
    throw new UserError(exitCodes.usage, {
      message: `data.augment: each record of ${data.train.images} is ${shape.join(" × ") || "a single number"}`,
      expected: `images, height × width, of at most ${largestSide} × ${largestSide} pixels`,
    });
  }
  const image = { height, width, background: -scaling.center / scaling.scale };
  return new Augmentation(k, data.augment, image, rows, Math.min(train.batch_size, rows), seed);
}

/** The kernels' scratch memory holds an image of this side, with margins. */
const largestSide = 256;

/** Where the Gaussian filter is cut off, in standard deviations; 0.3 % of it lies beyond. */
const bellReach = 3;

export class Augmentation {
  private readonly size: { readonly height: number; readonly width: number };
  private readonly maps: Matrix;
  private readonly elastic: Elastic | null;
  private readonly memory: { raw: Matrix; displacements: Matrix | null };
  private key: RandomKey = streamKey(0, "augment");

  constructor(
    private readonly k: Kernels,
    private readonly spec: AugmentSpec,
    private readonly image: Image,
    private readonly rows: number,
    largestBatch: number,
    private readonly seed: number,
  ) {
    const { height, width } = image;
    this.size = { height, width };
    const pixels = height * width;
    this.maps = k.matrix(rows, 6);
    this.elastic = spec.elastic && {
      ...this.size,
      alpha: spec.elastic.alpha,
      bell: bell(k, spec.elastic.sigma, Math.max(height, width) - 1),
    };
    this.memory = {
      raw: k.matrix(largestBatch, pixels),
      displacements: spec.elastic && k.matrix(largestBatch, 2 * pixels),
    };
  }

  /** Draws the epoch's maps. Nothing may be enqueued. */
  startEpoch(epoch: number): void {
    this.key = streamKey(this.seed, "augment", epoch, 1);
    const key = streamKey(this.seed, "augment", epoch);
    this.k.write(this.maps, (maps) => {
      for (let row = 0; row < this.rows; row++) drawMap(maps, 6 * row, this.spec, key, row);
    });
  }

  /** The memory and the work for batches of `size` rows. */
  plan(size: number): BatchAugmentation {
    const { k, maps, elastic, memory } = this;
    const raw = memory.raw.view(size, memory.raw.cols);
    const displacements = memory.displacements?.view(size, memory.displacements.cols) ?? null;
    const warp: Warp = { ...this.size, maps, displacements, fill: this.image.background };
    return {
      raw,
      apply: (into, first) => {
        if (elastic && displacements) k.elastic(displacements, elastic, this.key, first);
        k.warp(into, raw, warp, first);
      },
    };
  }
}

/**
 * The map from places in the new image to places in the old one, S⁻¹ K⁻¹ R⁻¹ for an image scaled by S, sheared
 * by K, rotated by R and shifted: a, b, c, d, e, f of the verb `warp`.
 */
function drawMap(values: Floats, at: number, spec: AugmentSpec, key: RandomKey, row: number): void {
  const within = (most: number, what: number) => most * (randomBits(key, 6 * row + what) * 2 ** -31 - 1);
  const angle = (within(spec.rotate, 0) * Math.PI) / 180;
  const down = 1 / (1 + within(spec.scale, 1));
  const across = down / (1 + within(spec.stretch, 2));
  const slant = within(spec.shear, 3);
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  values[at] = across * (cos + slant * sin);
  values[at + 1] = across * (slant * cos - sin);
  values[at + 2] = within(spec.shift, 4);
  values[at + 3] = down * sin;
  values[at + 4] = down * cos;
  values[at + 5] = within(spec.shift, 5);
}

/** [1, 2·radius + 1]: e^(−x²/2σ²), normalised to sum 1, then cut off at `mostRadius`, beyond which no image reaches. */
function bell(k: Kernels, sigma: number, mostRadius: number): Matrix {
  const reach = Math.ceil(bellReach * sigma);
  const height = (x: number) => Math.exp((-x * x) / (2 * sigma * sigma));
  let sum = 1;
  for (let x = 1; x <= reach; x++) sum += 2 * height(x);
  const radius = Math.min(reach, mostRadius);
  const weights = k.matrix(1, 2 * radius + 1);
  k.write(weights, (values) => {
    for (let i = 0; i < values.length; i++) values[i] = height(i - radius) / sum;
  });
  return weights;
}
