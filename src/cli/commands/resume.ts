/** `nnt resume`: continues the run in a directory, by the spec that the run saved there. */
import { join } from "node:path";
import { exitCodes, UserError } from "../../support/errors.ts";
import { isThere } from "../../support/files.ts";
import { defineCommand } from "../command.ts";
import { computing, debug, epochs, jsonEvents, maxTime, quiet, set } from "../options.ts";
import { train } from "./train.ts";

export const command = defineCommand({
  argument: { name: "DIR", help: "the run's directory, with its spec.yaml" },
  isShared: true,
  options: { set, epochs, maxTime, ...computing, json: jsonEvents, quiet, debug },
  examples: [
    ["nnt resume runs/digits", "ends with the same bits as a run that was never stopped"],
    ["nnt resume runs/digits --epochs 100", "trains for longer"],
  ],
  async run(context, directory, options) {
    const { runFiles } = await import("../../checkpoint/runDirectory.ts");
    const { readSeeds, seedDirectory } = await import("../../checkpoint/seedsDirectory.ts");
    const seeds = severalIn(readSeeds(directory)?.seeds);
    const first = seeds ? seedDirectory(directory, seeds[0]!) : directory;
    const spec = join(first, runFiles.spec);
    if (!isThere(spec)) throw noRun(directory, runFiles.spec);
    return train(context, spec, {
      ...options,
      target: null,
      effort: null,
      task: null,
      out: directory,
      resume: true,
      overwrite: false,
      strict: false,
      seed: null,
      from: null,
      freeze: [],
      pauseAt: null,
      seeds: seeds?.length ?? null,
    });
  },
});

/** The seeds of several runs in one directory. */
function severalIn(seeds: unknown): readonly number[] | null {
  return Array.isArray(seeds) && seeds.length > 1 && seeds.every(Number.isSafeInteger) ? seeds : null;
}

function noRun(directory: string, specName: string): UserError {
  return new UserError(exitCodes.io, {
    file: directory,
    message: `it holds no ${specName}`,
    expected: "the directory of a run",
    hint: `to start a run there: nnt train SPEC --out ${directory}`,
  });
}
