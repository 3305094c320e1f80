/** The spec's `data` section in canonical form: where the rows are and how columns become numbers. */
import { z } from "zod";
import { type TaskName, taskNames, taskOf } from "../../tasks/tasks.ts";
import { augmentSchema } from "./augment.ts";
import { above, choice, flag, listOf, path, share, text, wholeNumber } from "./fields.ts";
import { defaultMissingValues } from "./missingValues.ts";

export type DataSpec = CsvDataSpec | IdxDataSpec | NpyDataSpec;
export type CsvDataSpec = z.output<typeof csvDataSchema>;
export type IdxDataSpec = z.output<typeof idxDataSchema>;
export type NpyDataSpec = z.output<typeof npyDataSchema>;
export type FoldSpec = z.output<typeof foldSchema>;
export type ColumnSpec = z.output<typeof columnSchema>;
export type NumberEncoding = (typeof numberEncodings)[number];
export type ColumnType = (typeof columnTypes)[number];
export type ScaleName = (typeof scaleNames)[number];

export const formatNames = ["csv", "idx", "npy"] as const;
const elementScaleNames = ["standard", "minmax", "none"] as const;
export const scaleNames = [
  "standard",
  "minmax",
  "robust",
  "robust_clip",
  "log",
  "quantile_normal",
  "none",
] as const;
export const columnTypes = [
  "number",
  "category",
  "boolean",
  "date",
  "text",
  "ignore",
  "id",
  "weight",
  "split",
  "group",
  "time",
] as const;
const numberEncodings = ["piecewise_linear", "periodic"] as const;
const textEncodings = ["tfidf", "hashed"] as const;
const missingPolicies = ["error", "mean", "median", "most_frequent", "category", "drop"] as const;
const delimiters = [",", ";", "\t", "|"] as const;
const decimals = [".", ","] as const;
const groupings = [",", ".", " ", "'", "_"] as const;

/** The tasks of records that have one label each. */
const tasksOfOne = taskNames.filter((name) => taskOf(name).takes(1)) as [TaskName, ...TaskName[]];

const missingExpected = `one of ${missingPolicies.join(", ")}, or constant: with a value`;
const constantSchema = z.strictObject(
  {
    constant: z.union([z.number(), z.string()], "a number or a text").describe("Replaces a missing value."),
  },
  missingExpected,
);

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
    missing: z
      .union([choice(missingPolicies), constantSchema], missingExpected)
      .nullable()
      .default(null)
      .describe(
        "What stands in for a missing value: error refuses them; mean, median, most_frequent are taken over the training rows; constant is written; category makes them a level of their own; drop, for a target, leaves its row out. null: as data.missing says; a target must be there.",
      ),
    indicator: flag()
      .default(false)
      .describe("One more input, 1 where the value is missing and 0 elsewhere."),
    missing_values: z
      .array(z.string("text"), "a list of texts")
      .default([])
      .describe("Texts that mean missing in this column, besides data.missing_values."),
    encoding: choice(["one_hot", "ordinal", "embedding", ...numberEncodings, ...textEncodings])
      .nullable()
      .default(null)
      .describe(
        "How a column becomes inputs. A category: one per level (one_hot), the level's number, scaled (ordinal), or numbers per level that are learnt (embedding). A number: piecewise_linear by quantiles, or periodic. A text: its parts weighted by inverse document frequency (tfidf), or alike (hashed). null: one per level; one for a number; tfidf.",
      ),
    width: wholeNumber(1)
      .nullable()
      .default(null)
      .describe(
        "Of an encoding: numbers per level of an embedding; pieces (16) of piecewise_linear; frequencies (4) of periodic, each with its sine and cosine; numbers that a text becomes (16). null: for an embedding 1.6 · levels^0.56, rounded.",
      ),
    levels: z
      .array(z.string("text"), "a list of texts")
      .min(1, "a list of at least one level")
      .nullable()
      .default(null)
      .describe(
        "A category's levels, to fix their order; others are unseen. null: the training rows', sorted.",
      ),
    min_count: wholeNumber(1)
      .default(1)
      .describe(
        "Levels in fewer training rows than this are merged into one, unseen ones with them; words of a text in fewer do not count.",
      ),
    unseen: choice(["ignore", "error"])
      .default("ignore")
      .describe(
        "What a level does that no training row has: taken as none of the levels (or as a rare one, where min_count merged some), or refused with its line.",
      ),
    words: wholeNumber(0)
      .max(8, "a whole number from 0 to 8")
      .nullable()
      .default(null)
      .describe("Of a text: runs of up to so many words count, 0 for none. null: 2."),
    letters: wholeNumber(0)
      .max(16, "a whole number from 0 to 16")
      .nullable()
      .default(null)
      .describe("Of a text: runs of 3 to so many letters within words count, too, 0 for none. null: 0."),
    buckets: wholeNumber(1)
      .max(2 ** 22, "a whole number from 1 to 4194304")
      .nullable()
      .default(null)
      .describe("Of a text: its words and letters are told apart by a hash up to this number. null: 65536."),
    format: text("a format")
      .nullable()
      .default(null)
      .describe(
        'How the values of a column of type time or date are written, in strptime\'s directives: "%m/%d/%Y", "%d.%m.%Y %H:%M", "%b %Y", "%s" for seconds since 1970. null: ISO 8601; of a time, numbers too.',
      ),
    prefix: text("a text")
      .nullable()
      .default(null)
      .describe(
        "What stands before each number of a column, as a currency does; blanks beside it do not count.",
      ),
    suffix: text("a text")
      .nullable()
      .default(null)
      .describe(
        "What stands behind each number of a column, as a unit or % does. The number is read as it stands: 62% is 62.",
      ),
    trim: flag().default(false).describe("Take texts without the blanks around them."),
    case: choice(["lower", "upper"])
      .nullable()
      .default(null)
      .describe(
        "Take texts as if written in lower or upper case, so that spellings of one word are one level.",
      ),
  },
  "a column's type, or its settings",
);

const foldSchema = z.strictObject(
  {
    number: wholeNumber(1).describe("Which of the folds, from 1."),
    of: wholeNumber(2).describe("The number of folds."),
    repeat: wholeNumber(1).optional().describe("Which deal of the rows to folds, from 1: of train.repeats."),
    validates: flag()
      .optional()
      .describe("Whether the fold's rows validate, and nothing is tested: of train.combine."),
  },
  "a part's number and how many there are, such as { number: 1, of: 5 }",
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
        .describe("Keep the proportions of the classes equal in all splits. null: for classification."),
      seed: wholeNumber(0)
        .nullable()
        .default(null)
        .describe(
          "Determines, with what rows hold and not where they stand, which are in which split. null: the spec's seed.",
        ),
      fold: foldSchema
        .nullable()
        .default(null)
        .describe("One fold of a cross-validation: its rows are the test rows. train.folds sets it."),
    },
    "a split's settings",
  )
  .describe("Which rows are not trained on: dealt by a hash of their inputs and targets and the seed.");

const common = {
  classes: listOf(z.string("a label"), "label")
    .nullable()
    .default(null)
    .describe("The labels, to fix their order. null: sorted as found."),
  split: splitSchema,
};

const streamSchema = z.strictObject(
  {
    buffer_mb: above(0)
      .default(64)
      .describe("Megabytes of encoded rows that are in memory together and shuffled among themselves."),
  },
  "true, or a buffer's size: { buffer_mb: 64 }",
);

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
    .describe("The delimiter of fields. null: found from the header."),
  decimal: z
    .enum(decimals, "a point or a comma")
    .default(".")
    .describe(
      'What stands before the decimals of a number: "." or ",". JSON and Parquet have numbers of their own.',
    ),
  thousands: z
    .enum(groupings, "comma, point, space, apostrophe or underscore")
    .nullable()
    .default(null)
    .describe('What may stand between groups of three digits: "," "." " " "\'" or "_". null: nothing.'),
  comment: z
    .string("a character")
    .regex(/^[!-~]$/, "one character of ASCII")
    .nullable()
    .default(null)
    .describe('Lines of a CSV file that begin with this character, such as "#", are left out.'),
  header: flag()
    .default(true)
    .describe("Whether the first row of a CSV file names the columns; false: they are column_1, column_2, …"),
  target: listOf(text("a column's name"), "column").describe("The column to predict, or several."),
  task: choice(taskNames)
    .nullable()
    .default(null)
    .describe(
      "What is learnt. null: text, booleans and up to 20 distinct integers are classes, other numbers a regression; of several targets, true or false alone are multilabel, numbers alone a regression, classes with texts among them multioutput.",
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
  scale: choice(scaleNames)
    .default("standard")
    .describe(
      "How number columns are scaled, fitted on training rows: standard to mean 0 and deviation 1; minmax to 0…1; robust by median and quartiles; robust_clip then smoothly into ±3; log by ± log(1 + |x|), then to mean 0 and deviation 1; quantile_normal by rank to a normal distribution; none.",
    ),
  stream: streamSchema
    .nullable()
    .default(null)
    .describe(
      "For files larger than memory: one pass finds types and statistics and writes the rows to a temporary file, and training reads them from there, chunks and rows reshuffled each epoch. true: with a buffer of 64 MB. null: all rows are held in memory.",
    ),
  number_encoding: choice(numberEncodings)
    .nullable()
    .default(null)
    .describe(
      "How number columns become inputs (Gorishniy et al. 2022) unless their own encoding says so: piecewise_linear by quantiles, periodic by sines and cosines. null: one input each, scaled.",
    ),
  ...common,
});

const idxFilesSchema = z.strictObject(
  {
    images: path().describe("IDX file of the inputs; may be .gz."),
    labels: path().describe("IDX file of the labels; may be .gz."),
  },
  "images: and labels: with a file each",
);

export const idxDataSchema = z.strictObject({
  format: z.literal("idx").describe("The files' format. Guessed from the file names if absent."),
  train: idxFilesSchema.describe("The training files."),
  validation: idxFilesSchema.nullable().default(null).describe("The validation files."),
  test: idxFilesSchema.nullable().default(null).describe("The test files."),
  task: choice(tasksOfOne)
    .nullable()
    .default(null)
    .describe("What is learnt. null: whole-number labels are classes, others a regression."),
  augment: augmentSchema
    .nullable()
    .default(null)
    .describe("Random distortions of the training images, new ones in each epoch. null: none."),
  deskew: flag()
    .default(false)
    .describe("Deskew slanted grey images by a shear, in training and in prediction; their background is 0."),
  scale: choice(elementScaleNames)
    .default("standard")
    .describe(
      "How all elements are scaled: to mean 0 and deviation 1, to 0…1, or not; fitted on training rows.",
    ),
  ...common,
});

const npyFilesSchema = z.strictObject(
  {
    features: path().describe("NPY file of the inputs, its first dimension counting rows; may be .gz."),
    targets: path().describe("NPY file of the targets, one row each; may be .gz."),
  },
  "features: and targets: with a file each",
);

export const npyDataSchema = z.strictObject({
  format: z.literal("npy").describe("The files' format. Guessed from the file names if absent."),
  train: npyFilesSchema.describe("The training files."),
  validation: npyFilesSchema.nullable().default(null).describe("The validation files."),
  test: npyFilesSchema.nullable().default(null).describe("The test files."),
  task: choice(taskNames)
    .nullable()
    .default(null)
    .describe("What is learnt. null: up to 20 distinct whole numbers are classes, others a regression."),
  missing: choice(["fill", "error"])
    .default("fill")
    .describe(
      "What to do with NaN among the features: fill it with the training rows' median, or refuse it.",
    ),
  scale: choice(scaleNames)
    .default("standard")
    .describe(
      "How features are scaled, fitted on training rows: each column of two-dimensional arrays by itself, all elements alike of bytes and of arrays with more dimensions (standard, minmax or none).",
    ),
  number_encoding: csvDataSchema.shape.number_encoding,
  ...common,
});

export const dataSchema = z
  .discriminatedUnion("format", [csvDataSchema, idxDataSchema, npyDataSchema], "the data's files and target")
  .describe("Where the rows are and how columns become numbers.");
