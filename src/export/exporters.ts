/** What a model can be exported to, one row each: the files that come of it. Writes none. */
import { encodeSafetensors } from "../checkpoint/safetensors.ts";
import type { DateColumn, Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { answersOf } from "../tasks/tasks.ts";
import { moduleOf, typesOf } from "./javascript.ts";
import { jsonOf } from "./json.ts";
import { onnxOf } from "./onnx.ts";
import type { Portable } from "./portable.ts";
import { torchOf } from "./torch.ts";
import { pageOf } from "./webPage.ts";

/** One file: the end of its name, after that of the export, and its content in pieces. */
export interface ExportedFile {
  readonly extension: string;
  readonly chunks: Iterable<string | Uint8Array>;
}

/** What a model may have that not every format can do: the sentence for one that has it, and what to do instead. */
export const peculiarities = {
  deskew: {
    isIn: ({ inputs }) => inputs.kind === "array" && inputs.deskew !== undefined,
    message: "the model straightens its images (data.deskew)",
    instead: "a model without deskew",
  },
  quantiles: {
    isIn: ({ target }) => answersOf(target).quantiles !== undefined,
    message: "the model tells quantiles (loss: { name: quantile, quantiles })",
    instead: "a model of one number",
  },
  dates: {
    isIn: (preprocessing) => dateColumns(preprocessing).length > 0,
    message: "the model has columns of type date",
    instead: "a model without dates",
  },
  texts: {
    isIn: ({ inputs }) => inputs.kind === "columns" && inputs.columns.some(({ type }) => type === "text"),
    message: "the model has columns of type text",
    instead: "a model without texts",
  },
  "formats of dates": {
    isIn: (preprocessing) => dateColumns(preprocessing).some(({ format }) => format !== null),
    message: "the model's dates are written in a format of their own (columns.….format)",
    instead: "a model of ISO dates",
  },
} as const satisfies Record<
  string,
  { isIn: (preprocessing: Preprocessing) => boolean; message: string; instead: string }
>;

type Peculiarity = keyof typeof peculiarities;

function dateColumns({ inputs }: Preprocessing): DateColumn[] {
  return inputs.kind === "columns" ? inputs.columns.filter((column) => column.type === "date") : [];
}

interface Exporter {
  /** How the names of such files end; the first is given to a file without a name. */
  readonly extensions: readonly string[];
  /** What a model may have that such files, or whoever reads them, cannot do. */
  readonly lacks: readonly Peculiarity[];
  /** The file asked for first, then those that belong beside it. */
  files(model: Portable, extension: string, version: string): ExportedFile[];
}

export const exporters = {
  onnx: {
    extensions: [".onnx"],
    lacks: ["deskew", "dates", "quantiles", "texts"],
    files: (model, extension, version) => [{ extension, chunks: onnxOf(model, version) }],
  },
  safetensors: {
    extensions: [".safetensors"],
    lacks: [],
    files: (model, extension) => [weightsOf(model, extension)],
  },
  json: {
    extensions: [".json"],
    lacks: ["quantiles"],
    files: (model, extension, version) => [{ extension, chunks: jsonOf(model, version) }],
  },
  js: {
    extensions: [".js", ".mjs"],
    lacks: ["formats of dates", "quantiles", "texts"],
    files: (model, extension, version) => [
      { extension, chunks: [moduleOf(model, version)] },
      { extension: extension === ".mjs" ? ".d.mts" : ".d.ts", chunks: [typesOf(model)] },
    ],
  },
  html: {
    extensions: [".html"],
    lacks: ["formats of dates", "quantiles", "texts"],
    files: (model, extension, version) => [{ extension, chunks: [pageOf(model, version)] }],
  },
  torch: {
    extensions: [".py"],
    lacks: ["deskew", "dates", "quantiles", "texts"],
    files: (model, extension, version) => [
      { extension, chunks: [torchOf(model, version)] },
      weightsOf(model, ".safetensors"),
    ],
  },
} as const satisfies Record<string, Exporter>;

export type ExportTarget = keyof typeof exporters;

/** Plain weights under torch's names, as safetensors' own library writes them for torch. */
function weightsOf({ tensors }: Portable, extension: string): ExportedFile {
  const { head, data } = encodeSafetensors(tensors, new Map([["format", "pt"]]));
  return { extension, chunks: [head, ...data] };
}
