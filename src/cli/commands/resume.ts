/** `nnt resume`: goes on with the run in a directory, by the spec that the run saved there. */
import { join } from "node:path";
import { runFiles } from "../../checkpoint/runDirectory.ts";
import { readSeeds, seedDirectory } from "../../checkpoint/seedsDirectory.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { isThere } from "../../support/files.ts";
import type { Action } from "../actions.ts";
import { train } from "./train.ts";

export const resume: Action<"resume"> = (context, directory, options, all) => {
  const seeds = seedsIn(directory);
  const first = seeds ? seedDirectory(directory, seeds[0]!) : directory;
  const spec = join(first, runFiles.spec);
  if (!isThere(spec)) throw noRun(directory);
  const given = {
    ...options,
    out: directory,
    resume: true,
    overwrite: false,
    strict: false,
    seed: null,
    pauseAt: null,
    seeds: seeds?.length ?? null,
  };
  return train(context, spec, given, all);
};

/** Of several runs in one directory. */
function seedsIn(directory: string): readonly number[] | null {
  const seeds = readSeeds(directory)?.seeds;
  return Array.isArray(seeds) && seeds.length > 1 && seeds.every(Number.isSafeInteger) ? seeds : null;
}

function noRun(directory: string): UserError {
  return new UserError(exitCodes.io, {
    file: directory,
    message: `it holds no ${runFiles.spec}`,
    expected: "the directory of a run",
    hint: `to begin one there: nnt train SPEC --out ${directory}`,
  });
}
