/** What kind of file it is, by its first bytes, then by its name; and what an inspection of any kind gives. */
import { isNpy } from "../../data/formats/arrays/npy.ts";
import { fileSize, readFileBytes } from "../../data/formats/source.ts";
import type { Style } from "../../report/style.ts";

/** What was found in a file: as one JSON object, and as lines for people. */
export interface Inspected {
  readonly json: object;
  readonly draw: (style: Style, width: number) => string[];
}

export type FileKind = "model" | "array" | "table" | "spec";

/** Throws UserError: io if it can't be read, data if it is empty or damaged gzip. */
export async function kindOf(file: string): Promise<FileKind> {
  await fileSize(file);
  if (/\.(ckpt|safetensors)$/i.test(file)) return "model";
  if (/\.(ya?ml|json)$/i.test(file)) return "spec";
  const start = await firstBytes(file);
  if (isSafetensors(start)) return "model";
  return isNpy(start) || isIdx(start) || /idx\d+-ubyte(\.gz)?$|\.(idx|npy)(\.gz)?$/i.test(file)
    ? "array"
    : "table";
}

async function firstBytes(file: string): Promise<Uint8Array> {
  for await (const chunk of readFileBytes(file)) return chunk;
  return new Uint8Array();
}

/** The length of a header that begins with {. */
function isSafetensors(start: Uint8Array): boolean {
  return start.length > 8 && start[8] === 0x7b && start[5] === 0 && start[6] === 0 && start[7] === 0;
}

/** Two zeros, a type from 8 (unsigned byte) to 14 (double), a rank. */
function isIdx(start: Uint8Array): boolean {
  return start.length >= 4 && start[0] === 0 && start[1] === 0 && start[2]! >= 8 && start[2]! <= 14;
}
