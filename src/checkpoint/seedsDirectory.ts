/** The directory of several runs with different seeds: which one it is, that no other process uses it, what is where. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { exitCodes, UserError } from "../support/errors.ts";
import { isThere, readText, removeIfThere, removeStrays } from "../support/files.ts";
import { refuseLink, writeInside } from "../support/inside.ts";
import { lockDirectory } from "./lock.ts";
import { findDirectory, pathsIn, type RunOptions, removeIfEmpty, removeRun } from "./runDirectory.ts";

const files = { seeds: "seeds.json", ensemble: "ensemble.ckpt" } as const;

/** Held by this process until it is closed. */
export interface SeedsDirectory {
  readonly directory: string;
  /** The path of the ensemble of all runs' models. */
  readonly ensemble: string;
  /** Makes the directory ready for the mode: until then nothing in it is changed. Throws UserError(io). */
  begin(): void;
  /** Replaces `seeds.json`. Throws UserError(io). */
  write(text: string): void;
  close(): void;
}

/** Throws UserError(io) for a directory that is in use, or holds runs that the mode does not allow to touch. */
export function openSeeds(options: RunOptions, seeds: readonly number[]): SeedsDirectory {
  const { directory, isNew } = findDirectory(options);
  const lock = lockDirectory(directory);
  const close = () => {
    lock.release();
    if (isNew) removeIfEmpty(directory);
  };
  try {
    const paths = seedsPaths(directory);
    checkContent(directory, options.mode);
    return {
      directory,
      ensemble: paths.ensemble,
      begin() {
        removeStrays(directory);
        if (options.mode !== "overwrite") return;
        const others = seedsWithRuns(directory).filter((seed) => !seeds.includes(seed));
        for (const other of others.map((seed) => seedDirectory(directory, seed))) {
          refuseLink(other);
          removeRun(pathsIn(other));
        }
        removeIfThere(paths.ensemble);
        removeIfThere(paths.seeds);
      },
      write(text) {
        lock.check();
        writeInside(paths.seeds, [text]);
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The run of one seed in the directory of all. */
export function seedDirectory(directory: string, seed: number): string {
  return join(directory, `seed-${seed}`);
}

/** What `seeds.json` of a directory says; null where there is none, or none that can be read as JSON. */
export function readSeeds(directory: string): Record<string, unknown> | null {
  const { seeds } = seedsPaths(directory);
  if (!isThere(seeds)) return null;
  try {
    const value: unknown = JSON.parse(readText(seeds));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function seedsPaths(directory: string): Record<keyof typeof files, string> {
  return { seeds: join(directory, files.seeds), ensemble: join(directory, files.ensemble) };
}

function seedsWithRuns(directory: string): number[] {
  const numbers = readdirSync(directory).map((name) => /^seed-(\d{1,16})$/.exec(name)?.[1]);
  return numbers.flatMap((number) => (number === undefined ? [] : [Number(number)]));
}

function checkContent(directory: string, mode: RunOptions["mode"]): void {
  const { metrics, last, best } = pathsIn(directory);
  const isRun = [metrics, last, best].some(isThere);
  const isSeeds = isThere(seedsPaths(directory).seeds) || seedsWithRuns(directory).length > 0;
  if (!isRun && !(isSeeds && mode === "fresh")) return;
  throw new UserError(exitCodes.io, {
    file: directory,
    message: isRun ? "the directory holds a run of one seed" : "the directory already holds runs",
    expected: "a new or empty one",
    hint: isRun ? "choose another --out" : "--resume continues them, --overwrite replaces them",
  });
}
