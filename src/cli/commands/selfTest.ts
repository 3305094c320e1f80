/** `nnt self-test`: trains, kills and resumes on this machine with every backend, and compares the bits of the models. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { table } from "../../report/table.ts";
import { counted } from "../../report/text.ts";
import { defineCommand } from "../command.ts";
import { debug, set } from "../options.ts";
import { integer } from "../values.ts";

/** Enough updates to be killed halfway, few enough to take a minute at most. */
const defaultSteps = 200;

/** Different bits are nnt's own fault: the exit code is that of a bug. */
const differentBits = 1;

export const command = defineCommand({
  argument: { name: "SPEC", help: "a spec of your own (default: a small built-in one)", fallback: "" },
  options: {
    set,
    steps: { value: integer("N", 1), help: `number of updates in each run (default: ${defaultSteps})` },
    debug,
  },
  examples: [
    ["nnt self-test", "a line per backend and number of threads; exits with 1 if bits differ"],
    ["nnt self-test configs/digits.yaml --steps 50", "the same for a network of your own"],
  ],
  async run({ out, err }, file, { set, steps }) {
    const { runTrial, trials, writeSpec } = await import("../bitTrials.ts");
    const folder = mkdtempSync(join(tmpdir(), "nnt-self-test-"));
    try {
      const spec = file === "" ? writeSpec(folder) : resolve(file);
      const rows: string[][] = [];
      let first: string | null = null;
      let isSame = true;
      for (const trial of await trials()) {
        const name = `${trial.backend}, ${counted(trial.threads, "thread")}`;
        await err.line(`${name}, ${trial.harm} …`);
        const { weights, note } = await runTrial(trial, spec, folder, set, steps ?? defaultSteps);
        first ??= weights;
        isSame &&= weights === first;
        rows.push([name, note, weights.slice(0, 16), weights === first ? "same" : "DIFFERENT"]);
      }
      const columns = [
        { title: "kernels" },
        { title: "run" },
        { title: "weights sha256" },
        { title: "bits" },
      ];
      await out.lines(table(columns, rows, { width: out.columns }));
      await out.line(isSame ? "all runs end with the same bits" : "runs end with different bits");
      return isSame ? 0 : differentBits;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});
