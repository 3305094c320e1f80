/** The spec's `blend` section in canonical form: networks that are trained beside the model's, on the same folds. */
import { z } from "zod";
import { atLeast, flag, listOf, wholeNumber } from "./fields.ts";
import { modelSchema } from "./model.ts";
import { optimizerSchema } from "./optimizer.ts";
import { scheduleSchema } from "./schedule.ts";
import { annealSchema } from "./train.ts";

const trainingSchema = z.strictObject(
  {
    epochs: wholeNumber(1).optional().describe("Absent: as train.epochs says."),
    batch_size: wholeNumber(1).optional().describe("Absent: as train.batch_size says."),
    drop_last: flag().optional().describe("Absent: as train.drop_last says."),
    l2: atLeast(0).optional().describe("Absent: as train.l2 says."),
    anneal: annealSchema.optional().describe("Absent: nothing is annealed."),
  },
  "what of train is another for this network",
);

export const blendSchema = listOf(
  z.strictObject(
    {
      model: modelSchema,
      optimizer: optimizerSchema,
      schedule: scheduleSchema.nullable().default(null),
      train: trainingSchema.prefault({}),
    },
    "a network's model, optimizer, schedule and train",
  ),
  "network",
).describe(
  "More networks, trained on the folds that train.combine combines. The answers of all are averaged, each weighted by how it does on rows that it was trained without; one that does not help is left out.",
);
