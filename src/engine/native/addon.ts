/** Finds and loads the native addon: built in a clone, or shipped as an optional package for the platform. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { ownFile } from "../../support/ownFile.ts";

/** What kernels/node.c exports. */
export interface Addon {
  /** Names of the instruction sets this machine has, best first, one per line. */
  sets(): string;
  /** 1 where a multiply-add rounds once. */
  fused(set: string): number;
  open(set: string, threads: number): Team;
  threads(team: Team): number;
  /** Address of the bytes, valid for as long as the buffer lives. */
  address(buffer: ArrayBuffer): number;
  run(team: Team, list: number, words: number): void;
  close(team: Team): void;
  /** Runs multiply-adds on this thread; returns how many floating-point operations they were. */
  peak(set: string, rounds: number): number;
  /** sha256 of the C source it was built from. */
  source(): string;
}

/** Threads in C, opaque to JavaScript. */
export type Team = object & { readonly isTeam: never };

const require = createRequire(import.meta.url);
const built = fileURLToPath(ownFile("build/nnt.node"));

/** @throws Error saying why no addon can be loaded */
export function loadAddon(sourceHash: string): Addon {
  const addon = existsSync(built) ? load(built) : load(platformPackage());
  if (addon.source() !== sourceHash) {
    throw new Error("it was built from another version of the source; run `npm run build:native`");
  }
  return addon;
}

function platformPackage(): string {
  const name = `@nnt/kernels-${process.platform}-${process.arch}`;
  try {
    return require.resolve(name);
  } catch {
    throw new Error(`neither built here (no C compiler at install?) nor installed as ${name}`);
  }
}

function load(file: string): Addon {
  return require(file) as Addon;
}
