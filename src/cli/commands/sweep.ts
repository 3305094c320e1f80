/** `nnt sweep`: many trials of one spec, side by side, and the best of them. */
import { defineCommand } from "../command.ts";
import { computing, debug, maxTime, quiet, set } from "../options.ts";
import { integer, text } from "../values.ts";

export const command = defineCommand({
  argument: { name: "SPEC", help: "the spec, with a search: section" },
  options: {
    set,
    out: {
      short: "o",
      value: text("DIR"),
      help: "directory for the sweep (default: sweeps/NAME, or the next free one)",
    },
    resume: { help: "continue the sweep in --out, or join it from another machine" },
    trials: { value: integer("N", 1), help: "number of trials (default: the spec's, else 30)" },
    maxTime,
    jobs: {
      short: "j",
      value: integer("N", 1),
      help: "trials to run at once on this machine (default: one per core)",
    },
    trial: {
      value: integer("N", 1),
      help: "run this trial only, for job arrays that share --out",
      needs: "out",
      conflicts: ["resume", "jobs"],
    },
    kernels: computing.kernels,
    json: { help: "print results as JSON Lines" },
    quiet,
    debug,
  },
  examples: [
    ["nnt sweep configs/digits-sweep.yaml", "one trial per core at a time, then a leaderboard"],
    ["nnt sweep spec.yaml -o sweeps/a --resume --trials 100", "continues where it stopped, with more trials"],
    ["nnt sweep spec.yaml -o /shared/a --trial $SLURM_ARRAY_TASK_ID", "a job array"],
    ["nnt train sweeps/a/best.yaml", "the best combination, again"],
  ],
  async run(context, file, options) {
    const { performSweep } = await import("../sweep/perform.ts");
    return performSweep(context, file, options);
  },
});
