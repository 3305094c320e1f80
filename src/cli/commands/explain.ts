/** `nnt explain`: columns by importance, or rows one by one; and pictures of what a model looks at. */
import { join } from "node:path";
import type { ExplainedRows, Pictures } from "../../evaluate/explain.ts";
import { drawImportance, drawRows } from "../../report/explanation.ts";
import { divergingPicture, greyPicture, png, sheet } from "../../report/png.ts";
import { fileNameOf } from "../../support/fileName.ts";
import { makeFolder } from "../../support/files.ts";
import { writeInside } from "../../support/inside.ts";
import { type Context, defineCommand, type OptionRows, type OptionsOf } from "../command.ts";
import { warn } from "../notices.ts";
import { computing, debug, kernelsChoice, labelledRows, strict } from "../options.ts";
import { choice, integer, rowNumbers, text } from "../values.ts";

const defaults = { repeats: 5, mostRows: 5000, steps: 100 };

const options = {
  ...labelledRows,
  strict,
  metric: {
    value: text("NAME"),
    help: "metric that gets worse when a column is shuffled (default: accuracy; r2 for numbers)",
    conflicts: ["rows"],
  },
  repeats: {
    value: integer("N", 1),
    help: `number of shuffles of each column (default: ${defaults.repeats})`,
    conflicts: ["rows"],
  },
  sample: {
    value: integer("N", 2),
    help: `sample N rows if there are more (default: ${defaults.mostRows})`,
    conflicts: ["rows"],
  },
  seed: {
    value: integer("N", 0),
    help: "seed for sampling and shuffling (default: 0)",
    conflicts: ["rows"],
  },
  rows: {
    value: rowNumbers,
    help: "explain these rows one by one, by integrated gradients: 0,12,30-39, from 0 as in the report",
  },
  of: {
    value: text("NAME"),
    help: "class, label or target to explain (default: the predicted class, else all)",
    needs: "rows",
  },
  baseline: {
    value: choice("NAME", ["mean", "zeros"]),
    help: "inputs to compare each row with (default: the mean of the training rows)",
    needs: "rows",
  },
  steps: {
    value: integer("N", 1),
    help: `gradient evaluations between baseline and row (default: ${defaults.steps})`,
    needs: "rows",
  },
  pictures: {
    value: text("DIR"),
    help: "write PNG files: first-layer weights, and for image rows what each pixel adds",
  },
  // Rows are explained by the reference kernels, on one thread.
  threads: { ...computing.threads, conflicts: ["rows"] },
  kernels: { ...computing.kernels, conflicts: ["rows"] },
  json: { help: "print JSON: one object, or one line per row" },
  debug,
} as const satisfies OptionRows;

type Options = OptionsOf<typeof options>;

export const command = defineCommand({
  argument: { name: "MODEL", second: "data", help: "a model file (.ckpt)" },
  options,
  examples: [
    ["nnt explain runs/iris/best.ckpt", "permutation importance of each column, mean ± deviation"],
    ["nnt explain best.ckpt --metric log_loss --repeats 20", "by another metric, more precisely"],
    ["nnt explain best.ckpt --rows 0,7-9", "what each value adds to the predictions for these rows"],
    ["nnt explain best.ckpt --data new.csv --rows 0 --of yes --json", "for one class, for scripts"],
    ["nnt explain runs/digits/best.ckpt --rows 3 --pictures out", "as PNG files"],
  ],
  async run(context, model, options) {
    const { firstLayerOf } = await import("../../evaluate/explain.ts");
    const weights = options.pictures === null ? null : await firstLayerOf(model);
    if (options.rows === null) await explainColumns(context, model, options);
    else await explainEach(context, model, options.rows, options);
    if (options.pictures !== null && weights) drawFirstLayer(options.pictures, weights);
    return 0;
  },
});

async function explainColumns({ out, err, env }: Context, model: string, options: Options): Promise<void> {
  const { explainModel } = await import("../../evaluate/explain.ts");
  const { split, data, images, labels, metric, repeats, seed, sample } = options;
  const { warnings, ...result } = await explainModel({
    ...{ model, split, data, images, labels, metric, strict: options.strict },
    repeats: repeats ?? defaults.repeats,
    seed: seed ?? 0,
    mostRows: sample ?? defaults.mostRows,
    ...kernelsChoice(options, env),
  });
  await warn(err, warnings);
  if (options.json) await out.json(result);
  else await out.lines(drawImportance(result, await out.style(), out.columns));
}

async function explainEach(
  { out, err }: Context,
  model: string,
  rows: readonly number[],
  options: Options,
): Promise<void> {
  const { explainRows } = await import("../../evaluate/explain.ts");
  const { split, data, images, labels, of, baseline, steps, pictures } = options;
  const explained = await explainRows({
    ...{ model, split, data, images, labels, rows, of, strict: options.strict },
    baseline: baseline ?? "mean",
    steps: steps ?? defaults.steps,
  });
  await warn(err, explained.warnings);
  if (options.json) for (const row of explained.rows) await out.json(row);
  else await out.lines(drawRows(explained.rows, await out.style(), out.columns));
  if (pictures !== null) drawRowPictures(pictures, explained);
}

function drawFirstLayer(directory: string, { shape, images }: Pictures): void {
  const pictures = images.map((image) =>
    divergingPicture(new Int8Array(Buffer.from(image, "base64")), ...shape),
  );
  write(directory, "first-layer.png", png(sheet(pictures, 8, 3)));
}

/** A row's image beside what its pixels add. */
function drawRowPictures(directory: string, { rows, images }: ExplainedRows): void {
  if (!images) return;
  for (const { row, of, attributions } of rows) {
    const pictures = [
      greyPicture(images.of.get(row)!, ...images.shape),
      divergingPicture(attributions as readonly number[], ...images.shape),
    ];
    write(directory, `row-${row}-${fileNameOf(of)}.png`, png(sheet(pictures, 2, 8)));
  }
}

function write(directory: string, name: string, bytes: Uint8Array): void {
  makeFolder(directory);
  writeInside(join(directory, name), [bytes]);
}
