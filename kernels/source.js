/** The files that make up the kernels, and their hash, which ties a compiled binary to its source. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const folder = dirname(fileURLToPath(import.meta.url));

const isC = (name) => /\.[ch]$/.test(name);

/** sha256 over names and contents of all C files, in the order of their names. */
export function sourceHash() {
  return hashOf(readdirSync(folder).filter(isC));
}

/** The same of what several processes need. */
export function mpiSourceHash() {
  const own = join(folder, "mpi");
  return hashOf(readdirSync(own).filter(isC), own);
}

/** The same of the graphics card's program, and of the addon that loads it: the headers that it shares are part of it. */
export function cardSourceHash() {
  const own = readdirSync(join(folder, "cuda")).filter(isC);
  return hashOf([
    ...readdirSync(folder).filter((name) => name.endsWith(".h")),
    ...own.map((name) => `cuda/${name}`),
  ]);
}

function hashOf(files, from = folder) {
  const hash = createHash("sha256");
  for (const name of files.sort())
    hash.update(`${name}\n`).update(readFileSync(join(from, name), "utf8").replaceAll("\r\n", "\n"));
  return hash.digest("hex");
}
