/** The files that make up the kernels, and their hash, which ties a compiled binary to its source. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const folder = dirname(fileURLToPath(import.meta.url));

/** sha256 over names and contents of all C files, in the order of their names. */
export function sourceHash() {
  const hash = createHash("sha256");
  const files = readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  for (const name of files)
    hash.update(`${name}\n`).update(readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n"));
  return hash.digest("hex");
}
