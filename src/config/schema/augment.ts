/** The spec's `data.augment` section in canonical form: how images are changed anew each time they are trained on. */
import { z } from "zod";
import { above, atLeast, share } from "./fields.ts";

export type AugmentSpec = z.output<typeof augmentSchema>;

const elasticSchema = z.strictObject(
  {
    alpha: atLeast(0).describe("How far, in pixels, unsmoothed noise would move a pixel at most."),
    sigma: above(0).describe("Standard deviation, in pixels, of the bell that smooths the noise."),
  },
  "elastic distortion's settings, such as { alpha: 34, sigma: 4 }",
);

const angle = "degrees from 0 to 180";

export const augmentSchema = z.strictObject(
  {
    shift: atLeast(0).default(0).describe("Moves up to so many pixels along either axis."),
    rotate: z.number(angle).min(0, angle).max(180, angle).default(0).describe("Turns up to so many degrees."),
    scale: share()
      .default(0)
      .describe("Grows or shrinks up to this share: 0.1 gives 0.9 to 1.1 of the size."),
    stretch: share().default(0).describe("Widens or narrows up to this share, at the same height."),
    shear: atLeast(0).default(0).describe("Slants up to so many pixels sideways per pixel of height."),
    elastic: elasticSchema
      .nullable()
      .default(null)
      .describe(
        "Moves pixels by smooth random fields, as Simard, Steinkraus and Platt 2003 (alpha 34, sigma 4).",
      ),
  },
  "augmentation's settings, such as { shift: 1, rotate: 10 }",
);
