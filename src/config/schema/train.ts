/** The spec's `train` section in canonical form. */
import { z } from "zod";
import { above, atLeast, between0and1, choice, factor, finite, flag, wholeNumber } from "./fields.ts";
import { watchable } from "./metrics.ts";

export type CheckpointSpec = z.output<typeof checkpointSchema>;

export const earlyStoppingSchema = z.strictObject(
  {
    metric: choice(watchable)
      .default("validation.loss")
      .describe("The monitored metric: validation. or train. and a metric's name."),
    patience: wholeNumber(1).default(5).describe("Epochs without improvement after which training ends."),
    min_delta: atLeast(0).default(0).describe("The least change that counts as an improvement."),
    mode: choice(["min", "max"]).nullable().default(null).describe("null: follows from the metric."),
  },
  "early stopping's settings, such as { metric: validation.loss, patience: 5 }",
);

const targetSchema = z.strictObject(
  {
    metric: choice(watchable).describe("The monitored metric: validation. or train. and a metric's name."),
    value: finite().describe("Training ends after the first epoch that is at least as good."),
  },
  "a metric and its value, such as { metric: validation.accuracy, value: 0.98 }",
);

const onDivergenceSchema = z.strictObject(
  {
    rollback: flag().default(true).describe("Whether to continue from the last good model."),
    lr_factor: factor().default(0.5).describe("Factor on lr after each rollback."),
    attempts: wholeNumber(1).default(3).describe("Rollbacks after which training ends."),
  },
  "what to do, such as { rollback: true, lr_factor: 0.5 }",
);

/** What a factor may do over a run: 1 for the first half, then down to 0; or four cosine waves, each longer. */
const curve = (what: string) =>
  z
    .enum(["flat_cos", "coslog4", "cosine"], "flat_cos, coslog4 or cosine")
    .optional()
    .describe(`Factor on ${what}.`);

export const annealSchema = z.strictObject(
  {
    dropout: curve("every dropout layer's p"),
    weight_decay: curve("the optimizer's weight_decay"),
    label_smoothing: curve("the loss's label_smoothing"),
  },
  "what follows which curve, such as { dropout: flat_cos }",
);

const checkpointSchema = z.strictObject(
  {
    every_epochs: wholeNumber(1)
      .nullable()
      .default(null)
      .describe("Save after this many epochs. Default: every epoch, unless steps or minutes are given."),
    every_steps: wholeNumber(1)
      .nullable()
      .default(null)
      .describe("Save after this many updates, also within an epoch."),
    every_minutes: above(0)
      .nullable()
      .default(null)
      .describe("Save when this much time has passed since the last save, also within an epoch."),
    keep_last: wholeNumber(1)
      .nullable()
      .default(null)
      .describe("Keep this many of the saved models as step-<updates>.ckpt, to go back to or to compare."),
  },
  "when to save, such as { every_steps: 1000, keep_last: 3 }",
);

export const trainSchema = z
  .strictObject(
    {
      epochs: wholeNumber(1)
        .nullable()
        .describe("Passes over the training rows. Default: 50, or as many as max_steps needs."),
      max_steps: wholeNumber(1).nullable().default(null).describe("Updates after which training ends."),
      batch_size: wholeNumber(1).default(32).describe("Rows per update."),
      shuffle: flag().default(true).describe("A new order of the rows each epoch; false keeps file order."),
      folds: wholeNumber(2)
        .nullable()
        .default(null)
        .describe(
          "Cross-validate first: train this many times, each time without one fold of the rows, and evaluate on that fold. The run itself then trains on all of them. Beside a column of type group, groups stay whole; beside one of type time, each fold is evaluated by a model that was trained on earlier rows alone.",
        ),
      repeats: wholeNumber(1)
        .optional()
        .describe(
          "With folds: deal the rows to folds this many times, so that figures depend less on which rows are together.",
        ),
      drop_last: flag().default(false).describe("Drop an epoch's last batch if it is incomplete."),
      combine: z
        .enum(["average", "average_remeasured"], "average, average_remeasured, or nothing")
        .optional()
        .describe(
          "With folds: the folds' models, each at its best epoch on its own part, are together the model, which averages them. Every row trains all of them but one. average_remeasured, for few rows, which that choice flatters: figures are those of models trained again, to the one epoch that is best for all parts together.",
        ),
      keep_epoch: wholeNumber(1)
        .optional()
        .describe(
          "The epoch whose model is the best, whatever was measured; training ends with it. lr and anneal follow their curves over all epochs.",
        ),
      monitor: choice(watchable)
        .optional()
        .describe(
          "The metric that decides which epoch is best. Absent: early stopping's, the target's, or the loss.",
        ),
      accumulate: wholeNumber(1)
        .default(1)
        .describe("Batches per update: their gradients are averaged over all their rows."),
      shards: wholeNumber(1)
        .default(1)
        .describe(
          "Parts of each batch, put together in a fixed order: so many processes may share the work (mpirun), and fewer give the same bits.",
        ),
      early_stopping: earlyStoppingSchema.nullable().default(null).describe("When to end early."),
      target: targetSchema.nullable().default(null).describe("A metric's value that is good enough to stop."),
      on_divergence: onDivergenceSchema
        .nullable()
        .default(null)
        .describe("What to do when numbers are no longer finite. null: stop."),
      checkpoint: checkpointSchema
        .nullable()
        .default(null)
        .describe(
          "When models are saved. null: after each epoch, or about once a second when epochs are short.",
        ),
      anneal: annealSchema
        .optional()
        .describe(
          "What besides lr follows a curve over the run: flat_cos, coslog4 or cosine, starting at 1.",
        ),
      clip_grad_norm: above(0)
        .nullable()
        .default(null)
        .describe("The maximum norm of the gradient, over all parameters."),
      clip_grad_value: above(0)
        .nullable()
        .default(null)
        .describe("The maximum absolute value of an element of the gradient."),
      max_norm: above(0)
        .nullable()
        .default(null)
        .describe("The maximum norm of a unit's incoming weights after an update."),
      l1: atLeast(0).default(0).describe("Also minimise l1 · Σ|w|, over linear layers' weights."),
      l2: atLeast(0).default(0).describe("Also minimise ½ · l2 · Σw², over linear layers' weights."),
      freeze: z
        .array(z.string("a layer"), "a list of layers, such as [layers.0]")
        .optional()
        .describe("Layers, or tensors, whose weights stay as they are, by the names that inspect shows."),
      ema: between0and1()
        .nullable()
        .default(null)
        .describe("Evaluate and save a moving average of the weights, with this decay rate, such as 0.999."),
    },
    "training's settings",
  )
  .describe("How long to train, and in what batches.");
