/**
 * The canonical spec: the zod schema that a fully expanded spec satisfies, and the types inferred from it.
 * Knows nothing of shorthand (expand.ts), files or positions. Other floors import its types only.
 *
 * Paths stay as they were written, relative to the spec's directory; `null` means "follows from the data".
 */
import { z } from "zod";
import { blendSchema } from "./schema/blend.ts";
import { calibrationSchema } from "./schema/calibration.ts";
import { dataSchema } from "./schema/data.ts";
import { choice, wholeNumber } from "./schema/fields.ts";
import { lossSchema } from "./schema/loss.ts";
import { initSchema, modelSchema } from "./schema/model.ts";
import { optimizerSchema } from "./schema/optimizer.ts";
import { recipeNames } from "./schema/recipes.ts";
import { scheduleSchema } from "./schema/schedule.ts";
import { searchSchema } from "./schema/search.ts";
import { trackSchema } from "./schema/track.ts";
import { trainSchema } from "./schema/train.ts";

export type * from "./schema/augment.ts";
export type * from "./schema/calibration.ts";
export type * from "./schema/data.ts";
export type * from "./schema/loss.ts";
export type * from "./schema/model.ts";
export type * from "./schema/optimizer.ts";
export type * from "./schema/schedule.ts";
export type * from "./schema/search.ts";
export type * from "./schema/track.ts";
export type * from "./schema/train.ts";

export type Spec = z.output<typeof specSchema>;

/** A spec, and what a search changes in it. */
export type SpecFile = z.output<typeof specFileSchema>;

const nameExpected = "a name fit for a folder: letters, digits, spaces, `.`, `_` and `-`, at most 100";
const folderName = /^[\p{L}\p{N}_](?:[\p{L}\p{N}._ -]{0,98}[\p{L}\p{N}_-])?$/u;

export const specSchema = z.strictObject({
  name: z
    .string(nameExpected)
    .regex(folderName, nameExpected)
    .describe("The run's name, from which its directory is named. Default: the spec's file name."),
  recipe: choice(recipeNames)
    .nullable()
    .default(null)
    .describe(
      "Named settings for tables: what the spec leaves open is as the recipe has it. null: as usual.",
    ),
  seed: wholeNumber(0).default(0).describe("Determines splits, shuffling, initial weights and dropout."),
  data: dataSchema,
  model: modelSchema,
  loss: lossSchema.nullable().default(null),
  init: initSchema,
  optimizer: optimizerSchema,
  schedule: scheduleSchema.nullable().default(null),
  train: trainSchema,
  blend: blendSchema.optional(),
  track: trackSchema.nullable().default(null),
  calibration: calibrationSchema.nullable().default(null),
});

/** What a spec file may hold: a run's spec, and how to search for a better one. */
export const specFileSchema = specSchema.extend({ search: searchSchema.nullable().default(null) });
