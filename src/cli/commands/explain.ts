/** `nnt explain`: columns by importance, or rows one by one; and pictures of what a model looks at. */
import { join } from "node:path";
import {
  type ExplainedRows,
  explainModel,
  explainRows,
  firstLayerOf,
  type Pictures,
} from "../../evaluate/explain.ts";
import { drawImportance, drawRows } from "../../report/explanation.ts";
import { divergingPicture, greyPicture, png, sheet } from "../../report/png.ts";
import { atomicWrite, makeFolder } from "../../support/files.ts";
import type { Action } from "../actions.ts";
import { kernelsChoice } from "../kernels.ts";
import { warn } from "../warn.ts";

const defaults = { repeats: 5, mostRows: 5000, steps: 100 };

export const explain: Action<"explain"> = async ({ out, err, env }, model, options) => {
  const { split, data, images, labels, metric, repeats, sample, rows, of, baseline, steps } = options;
  const source = { model, split, data, images, labels };
  const style = await out.style();
  const weights = options.pictures === null ? null : await firstLayerOf(model);
  if (rows !== null) {
    const asked = { rows, of, baseline: baseline ?? "mean", steps: steps ?? defaults.steps } as const;
    const explained = await explainRows({ ...source, ...asked });
    await warn(err, explained.warnings);
    if (options.json) for (const row of explained.rows) await out.line(JSON.stringify(row));
    else await out.line(drawRows(explained.rows, style, out.columns).join("\n"));
    if (options.pictures !== null) drawRowPictures(options.pictures, explained);
  } else {
    const { warnings, ...result } = await explainModel({
      ...source,
      metric,
      repeats: repeats ?? defaults.repeats,
      seed: options.seed ?? 0,
      mostRows: sample ?? defaults.mostRows,
      ...kernelsChoice(options, env),
    });
    await warn(err, warnings);
    if (options.json) await out.line(JSON.stringify(result));
    else await out.line(drawImportance(result, style, out.columns).join("\n"));
  }
  if (options.pictures !== null && weights) drawFirstLayer(options.pictures, weights);
  return 0;
};

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
    write(directory, `row-${row}-${of.replaceAll(/[^\w.-]/g, "_")}.png`, png(sheet(pictures, 2, 8)));
  }
}

function write(directory: string, name: string, bytes: Uint8Array): void {
  makeFolder(directory);
  atomicWrite(join(directory, name), [bytes]);
}
