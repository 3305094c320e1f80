/** The files that make up the kernels, and their hash, which ties a compiled binary to its source. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
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

/**
 * The same of the graphics card's program, and of the addon that loads it: of all that they include, but for headers that one
 * of the same name in cuda/ stands in for.
 */
export function cardSourceHash() {
  const files = new Set();
  const add = (name) => {
    const standIn = `cuda/${name}`;
    const file = name.startsWith("cuda/") || !existsSync(join(folder, standIn)) ? name : standIn;
    if (files.has(file)) return;
    files.add(file);
    for (const [, included] of readFileSync(join(folder, file), "utf8").matchAll(/^#include "(.+)"$/gm))
      add(posix.join(posix.dirname(file), included));
  };
  for (const name of readdirSync(join(folder, "cuda")).filter(isC)) add(`cuda/${name}`);
  return hashOf([...files]);
}

function hashOf(files, from = folder) {
  const hash = createHash("sha256");
  for (const name of files.sort())
    hash.update(`${name}\n`).update(readFileSync(join(from, name), "utf8").replaceAll("\r\n", "\n"));
  return hash.digest("hex");
}
