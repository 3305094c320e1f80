/** The text of a spec for a folder of IDX images: which files it holds, and a network of a size that suits them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type DatasetName, datasets } from "../../data/fetch/datasets.ts";
import { readArray, recordShape } from "../../data/formats/arrays/readArray.ts";
import { count } from "../../report/text.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { ioProblem } from "../../support/files.ts";
import { aligned, key, opening } from "./lines.ts";

/** The data set that a folder is for when nothing is there yet. */
const fallback = "mnist" satisfies DatasetName;

/** From so many images on, a larger network is worth its time. */
const many = 10_000;

interface Pair {
  readonly images: string;
  readonly labels: string;
}

interface Folder {
  readonly train: Pair;
  readonly validation: Pair | null;
  readonly test: Pair | null;
}

/**
 * `path` is the folder as seen from the spec. A folder that is not there yet is taken for MNIST's.
 * Throws UserError(data) when it holds no training images with labels.
 */
export async function imageSpec(folder: string, path: string, name: string, command: string) {
  const isThere = existsSync(folder);
  const names = isThere ? listed(folder) : datasets[fallback].files.map((file) => file.name);
  const { train, validation, test } = pairsOf(names, folder);
  const images = isThere ? await readArray(join(folder, train.images)) : null;
  const rows = images ? recordShape(images).rows : null;
  const isLarge = rows === null || rows >= many;
  const size = images
    ? `${count(rows!)} images of ${images.shape.slice(1).join(" × ")}`
    : `the images that nnt data ${fallback} downloads`;
  const pair = (role: string, files: Pair | null) =>
    files
      ? [
          `  ${role}:`,
          `    images: ${key(`${path}/${files.images}`)}`,
          `    labels: ${key(`${path}/${files.labels}`)}`,
        ]
      : [];
  const split = [...(validation ? [] : ["validation: 0.1"]), ...(test ? [] : ["test: 0.2"])];
  const lines = [
    ...opening(`${path}: ${size}`, command),
    `name: ${key(name)}`,
    "seed: 0",
    "data:",
    "  format: idx",
    ...pair("train", train),
    ...pair("validation", validation),
    ...pair("test", test),
    ...(split.length > 0
      ? [aligned(`  split: { ${split.join(", ")} }`, "fractions of the training images to hold out")]
      : []),
    "  # To vary the images a little in every epoch, for fewer errors after more epochs:",
    "  # augment: { shift: 1, rotate: 10, scale: 0.1 }",
    "model:",
    aligned(`  hidden: ${isLarge ? "[512]" : "[128]"}`, "input and output sizes follow from the data"),
    "  activation: relu",
    "  dropout: 0.2",
    "loss: cross_entropy",
    `optimizer: { name: adamw, lr: ${isLarge ? 0.001 : 0.003}, weight_decay: 0.01 }`,
    "schedule: { name: cosine, warmup_epochs: 1 }",
    "train:",
    `  epochs: ${isLarge ? 10 : 60}`,
    `  batch_size: ${isLarge ? 128 : 32}`,
  ];
  const dir = folder === `data/${fallback}` ? "" : ` --dir ${folder}`;
  const hint = isThere ? "" : `${folder} does not exist yet: nnt data ${fallback}${dir} downloads it`;
  return { text: `${lines.join("\n")}\n`, hint };
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw ioProblem(error, folder, "read");
  }
}

function pairsOf(names: readonly string[], folder: string): Folder {
  const found = (role: string) => {
    const file = (kind: string) => names.find((name) => new RegExp(`^(${role}).*${kind}.*`, "i").test(name));
    const [images, labels] = [file("image"), file("label")];
    return images !== undefined && labels !== undefined ? { images, labels } : null;
  };
  const train = found("train");
  if (train) return { train, validation: found("val"), test: found("test|t10k") };
  throw new UserError(exitCodes.data, {
    file: folder,
    message: "there are no images to train on",
    expected: "IDX files named train-images… and train-labels…, optionally with test-… or t10k-…",
  });
}
