/**
 * `npm run test:hostile`: tables of every two kinds of hostility, each through init, check, train and eval; none may end
 * with exit code 0, another figure than the clean table and no warning. `-- --seed 1`, `--tables 200` of all pairs,
 * `--only 'currency,semicolons'` those of these kinds, `--told` tells what each is told. A fault is told with its pair, and
 * ends it with 1.
 */
import { parseArgs } from "node:util";
import { allPairs, cleanInterval, faultOf, outcomeOf, somePairs } from "./pass.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    tables: { type: "string" },
    told: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const only = values.only?.split(",") ?? null;
const clean = await cleanInterval(seed);
console.log(`clean tables: an accuracy of ${clean.map((end) => end.toFixed(3)).join(" … ")}`);
const counts = { measured: 0, warned: 0, refused: 0, faults: 0 };
for (const pair of values.tables ? somePairs(Number(values.tables), seed) : allPairs()) {
  if (only && !pair.some((kind) => only.includes(kind))) continue;
  const outcome = await outcomeOf(pair, seed);
  const fault = faultOf(outcome, clean);
  counts[outcome.code !== 0 ? "refused" : outcome.told.length > 0 ? "warned" : "measured"]++;
  if (fault) counts.faults++;
  if (fault || values.told)
    console.log(
      `${fault ? "FAULT " : ""}${pair.join(" + ")}: ${fault ?? outcome.accuracy}\n  ${outcome.told.join("\n  ")}`,
    );
}
console.log(
  `${counts.measured + counts.warned + counts.refused} tables with seed ${seed}: ${counts.measured} measured without a word, ${counts.warned} with warnings, ${counts.refused} refused; ${counts.faults} faults`,
);
process.exit(counts.faults === 0 ? 0 : 1);
