/** What a model can be exported to, one row each: the files that come of it. Writes none. */
import { encodeSafetensors } from "../checkpoint/safetensors.ts";
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

interface Exporter {
  /** How the names of such files end; the first is given to a file without a name. */
  readonly extensions: readonly string[];
  /** Whether slanted images come along: straightened by the export, or by whoever reads it. */
  readonly straightens: boolean;
  /** The file asked for first, then those that belong beside it. */
  files(model: Portable, extension: string, version: string): ExportedFile[];
}

export const exporters = {
  onnx: {
    extensions: [".onnx"],
    straightens: false,
    files: (model, extension, version) => [{ extension, chunks: onnxOf(model, version) }],
  },
  safetensors: {
    extensions: [".safetensors"],
    straightens: true,
    files: (model, extension) => [weightsOf(model, extension)],
  },
  json: {
    extensions: [".json"],
    straightens: true,
    files: (model, extension, version) => [{ extension, chunks: jsonOf(model, version) }],
  },
  js: {
    extensions: [".js", ".mjs"],
    straightens: true,
    files: (model, extension, version) => [
      { extension, chunks: [moduleOf(model, version)] },
      { extension: extension === ".mjs" ? ".d.mts" : ".d.ts", chunks: [typesOf(model)] },
    ],
  },
  html: {
    extensions: [".html"],
    straightens: true,
    files: (model, extension, version) => [{ extension, chunks: [pageOf(model, version)] }],
  },
  torch: {
    extensions: [".py"],
    straightens: false,
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
