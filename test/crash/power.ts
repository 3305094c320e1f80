/**
 * `npm run test:power`: the power is cut after every system call of three runs, and each of what may be left on disk is
 * resumed: it opens, and ends with the bits of the run that nothing happened to. `-- --lots 3 --seed 1` are the defaults.
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { cutAtEveryCall } from "./cuts.ts";
import { hasStrace, type kinds, prepare } from "./runs.ts";

const { values } = parseArgs({
  options: { lots: { type: "string", default: "3" }, seed: { type: "string", default: "1" } },
});
if (!hasStrace()) {
  console.error("strace is not here, or not allowed: apt-get install strace");
  process.exit(1);
}
let isWrong = false;
for (const kind of ["plain", "folds", "seeds"] as const satisfies (keyof typeof kinds)[]) {
  const folder = prepare({ kind, epochs: 3 });
  const { calls, images, wrong } = await cutAtEveryCall(folder, {
    lots: Number(values.lots),
    seed: Number(values.seed),
  });
  for (const sentence of wrong.slice(0, 20)) console.log(sentence);
  console.log(
    `${kind}: ${calls} calls, ${images} different disks, ${wrong.length} of which did not end the same`,
  );
  isWrong ||= wrong.length > 0;
  rmSync(folder, { recursive: true });
}
process.exitCode = isWrong ? 1 : 0;
