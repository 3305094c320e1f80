/** What kind of file it is, by its first bytes, then by its name; and what an inspection of any kind gives. */
import { existsSync, statSync } from "node:fs";
import { pathsIn } from "../../checkpoint/runDirectory.ts";
import { notRead } from "../../data/formats/misnamed.ts";
import { fileSize, readFileBytes } from "../../data/formats/source.ts";
import type { Style } from "../../report/style.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { formatNamed, formatOf, formatTold } from "../../support/fileFormats.ts";

/** What was found in a file: as one JSON object, and as lines for people. */
export interface Inspected {
  readonly json: object;
  readonly draw: (style: Style, width: number) => string[];
}

export type FileKind = "model" | "array" | "table" | "spec";

const kinds = { model: "model", arrays: "array", rows: "table" } as const satisfies Record<string, FileKind>;

/** Throws UserError: io if it can't be read, data if it is empty, damaged gzip or of a format that is not read. */
export async function kindOf(file: string): Promise<FileKind> {
  await fileSize(file).catch((error: unknown) => {
    throw isDirectory(file) ? ofDirectory(file) : error;
  });
  if (formatNamed(file) === "safetensors") return "model";
  const start = await firstBytes(file);
  // A list is no spec.
  if (/\.(ya?ml|json)$/i.test(file) && !/^\s*\[/.test(Buffer.from(start.subarray(0, 64)).toString()))
    return "spec";
  const format = formatTold(file, start) ?? "csv";
  const { holds } = formatOf(format);
  if (holds === null) throw notRead(format, file, "rows");
  return kinds[holds];
}

const isDirectory = (file: string) => statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

function ofDirectory(file: string): UserError {
  const { best, spec } = pathsIn(file);
  const hint = existsSync(best) ? `that run's best model is ${best}, its spec ${spec}` : undefined;
  return new UserError(exitCodes.io, { file, message: "it is a directory", expected: "a file", hint });
}

async function firstBytes(file: string): Promise<Uint8Array> {
  for await (const chunk of readFileBytes(file)) return chunk;
  return new Uint8Array();
}
