/** The spec's `data.augment` section in canonical form: how images are changed anew each time they are trained on. */
import { z } from "zod";
import { above, atLeast, share } from "./fields.ts";

export type AugmentSpec = z.output<typeof augmentSchema>;

const elasticSchema = z.strictObject(
  {
    alpha: atLeast(0).describe("Maximum displacement, in pixels, before smoothing."),
    sigma: above(0).describe("Standard deviation, in pixels, of the Gaussian that smooths the noise."),
  },
  "elastic distortion's settings, such as { alpha: 34, sigma: 4 }",
);

const angle = "degrees from 0 to 180";

export const augmentSchema = z.strictObject(
  {
    shift: atLeast(0).default(0).describe("Shifts by up to this many pixels along either axis."),
    rotate: z
      .number(angle)
      .min(0, angle)
      .max(180, angle)
      .default(0)
      .describe("Rotates by up to this many degrees."),
    scale: share().default(0).describe("Scales by up to this fraction: 0.1 gives 0.9 to 1.1 of the size."),
    stretch: share().default(0).describe("Widens or narrows by up to this fraction, at the same height."),
    shear: atLeast(0).default(0).describe("Shears by up to this many pixels sideways per pixel of height."),
    elastic: elasticSchema
      .nullable()
      .default(null)
      .describe(
        "Moves pixels by smooth random fields, as Simard, Steinkraus and Platt 2003 (alpha 34, sigma 4).",
      ),
  },
  "augmentation's settings, such as { shift: 1, rotate: 10 }",
);
