/** The spec's `data` section in canonical form: where the rows are and how columns become numbers. */
import { z } from "zod";
import { augmentSchema } from "./augment.ts";
import { choice, flag, listOf, path, share, text } from "./fields.ts";

export type DataSpec = CsvDataSpec | IdxDataSpec;
export type CsvDataSpec = z.output<typeof csvDataSchema>;
export type IdxDataSpec = z.output<typeof idxDataSchema>;
export type IdxFiles = z.output<typeof idxFilesSchema>;
export type ColumnSpec = z.output<typeof columnSchema>;
export type ColumnType = (typeof columnTypes)[number];
export type SplitSpec = z.output<typeof splitSchema>;
export type ScaleName = (typeof scaleNames)[number];
export type TaskName = (typeof taskNames)[number];
export type MissingPolicy = (typeof missingPolicies)[number];
export type Delimiter = (typeof delimiters)[number];

export const formatNames = ["csv", "idx"] as const;
const taskNames = ["classification", "regression", "multilabel"] as const;
const scaleNames = ["standard", "minmax", "none"] as const;
export const columnTypes = ["number", "category", "boolean", "ignore", "id", "weight", "split"] as const;
const missingPolicies = ["error", "mean", "median", "most_frequent", "category"] as const;
const delimiters = [",", ";", "\t", "|"] as const;

/** What counts as missing unless the spec says otherwise. */
export const defaultMissingValues = ["", "NA", "N/A", "NaN", "null", "?"];

export const columnSchema = z.strictObject(
  {
    type: choice(columnTypes)
      .nullable()
      .default(null)
      .describe("What the column holds. null: inferred from its values."),
    scale: choice(scaleNames)
      .nullable()
      .default(null)
      .describe("How the column's numbers are scaled. null: as data.scale says."),
    missing: choice(missingPolicies)
      .nullable()
      .default(null)
      .describe(
        "What stands in for a missing value: error refuses them; mean, median, most_frequent are taken over the training rows; category makes them a level of their own. null: as data.missing says.",
      ),
    missing_values: z
      .array(z.string("text"), "a list of texts")
      .default([])
      .describe("Texts that mean missing in this column, besides data.missing_values."),
  },
  "a column's type, or its settings",
);

/** The shares are filled in by expand/data.ts, since their defaults depend on the files given. */
export const splitSchema = z
  .strictObject(
    {
      validation: share().describe(
        "Share of the rows of `path` (or `train`) kept for validation. Default: 0.1 of `path`; 0 if files are given per split, or if `test` is written.",
      ),
      test: share().describe(
        "Share of the rows of `path` (or `train`) kept for the test. Default: 0.2 of `path`; 0 if files are given per split, or if `validation` is written.",
      ),
      stratify: flag()
        .nullable()
        .default(null)
        .describe("Keep the classes' shares equal in all splits. null: for classification."),
    },
    "a split's settings",
  )
  .describe("Which rows are kept from training.");

const common = {
  scale: choice(scaleNames)
    .default("standard")
    .describe("How numbers are scaled: to mean 0 and deviation 1, to 0…1, or not; fitted on training rows."),
  classes: listOf(z.string("a label"), "label")
    .nullable()
    .default(null)
    .describe("The labels, to fix their order. null: sorted as found."),
  split: splitSchema,
};

export const csvDataSchema = z.strictObject({
  format: z.literal("csv").describe("The files' format. Guessed from the file names if absent."),
  path: listOf(path(), "path").nullable().default(null).describe("The file to split, or several."),
  train: listOf(path(), "path").nullable().default(null).describe("The training rows' file, or several."),
  validation: listOf(path(), "path").nullable().default(null).describe("The validation rows' file."),
  test: listOf(path(), "path").nullable().default(null).describe("The test rows' file."),
  delimiter: z
    .enum(delimiters, "comma, semicolon, tab or pipe")
    .nullable()
    .default(null)
    .describe("What stands between fields. null: found from the header."),
  target: listOf(text("a column's name"), "column").describe("The column to predict, or several."),
  task: choice(taskNames)
    .nullable()
    .default(null)
    .describe(
      "What is learnt. null: text, booleans and up to 20 distinct integers are classes, other numbers a regression.",
    ),
  missing: choice(["fill", "error"])
    .default("fill")
    .describe("fill: numbers by the training rows' median, categories by a level of their own; or refuse."),
  missing_values: z
    .array(z.string("text"), "a list of texts")
    .default(defaultMissingValues)
    .describe("Texts that mean a value is missing."),
  columns: z
    .record(z.string(), columnSchema, "a mapping from column names to their types or settings")
    .default({})
    .describe("Only the columns that inference gets wrong."),
  ...common,
});

const idxFilesSchema = z.strictObject(
  {
    images: path().describe("IDX file of the inputs, may be .gz."),
    labels: path().describe("IDX file of the labels, may be .gz."),
  },
  "images: and labels: with a file each",
);

export const idxDataSchema = z.strictObject({
  format: z.literal("idx").describe("The files' format. Guessed from the file names if absent."),
  train: idxFilesSchema.describe("The training files."),
  validation: idxFilesSchema.nullable().default(null).describe("The validation files."),
  test: idxFilesSchema.nullable().default(null).describe("The test files."),
  task: choice(["classification", "regression"])
    .nullable()
    .default(null)
    .describe("What is learnt. null: whole-number labels are classes, others a regression."),
  augment: augmentSchema
    .nullable()
    .default(null)
    .describe("Random changes of the training images, drawn anew each epoch. null: none."),
  ...common,
});

export const dataSchema = z
  .discriminatedUnion("format", [csvDataSchema, idxDataSchema], "the data's files and target")
  .describe("Where the rows are and how columns become numbers.");
