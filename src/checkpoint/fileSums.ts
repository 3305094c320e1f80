/**
 * `SHA256SUMS`: a sum for each file of a finished run that has none in itself, as `sha256sum --check` reads it. Does not
 * know what the files hold.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { isThere } from "../support/files.ts";
import { readInside, writeInside } from "../support/inside.ts";

export const sumsName = "SHA256SUMS";

/** Writes the sums of those of the files that are there. Throws UserError(io). */
export function sealFiles(directory: string, names: readonly string[]): void {
  const present = names.filter((name) => isThere(join(directory, name)));
  write(directory, new Map(present.map((name) => [name, sumOf(join(directory, name))])));
}

/** The sum of one file that was written anew, where there are sums; all others stay what they are. Throws UserError(io). */
export function resealFile(directory: string, name: string): void {
  const sums = readSums(directory);
  if (sums) write(directory, sums.set(name, sumOf(join(directory, name))));
}

/** Sums by file name; null where there are none. Throws UserError(io). */
export function readSums(directory: string): Map<string, string> | null {
  const path = join(directory, sumsName);
  if (!isThere(path)) return null;
  const lines = readInside(path).toString("utf8").split("\n");
  const entries = lines.flatMap((line): [string, string][] => {
    const [, sum, name] = /^([\da-f]{64}) [ *]([^/]+)$/.exec(line) ?? [];
    return sum && name ? [[name, sum]] : [];
  });
  return new Map(entries);
}

export function sumOf(path: string): string {
  return createHash("sha256").update(readInside(path)).digest("hex");
}

function write(directory: string, sums: ReadonlyMap<string, string>): void {
  const lines = [...sums].map(([name, sum]) => `${sum}  ${name}\n`);
  writeInside(join(directory, sumsName), [lines.join("")]);
}
