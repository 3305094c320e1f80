/**
 * `npm run fuzz`: a million wrong files of every kind, read in this process. `-- --inputs 1000000 --seed 1` are
 * the defaults, `--only IDX` takes one kind; a failure is told with seed and number of its input, and ends it with 1.
 */
import { parseArgs } from "node:util";
import { type Format, formats } from "./formats.ts";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    only: { type: "string", multiple: true },
  },
});
const seed = Number(values.seed);
let total = 0;
let failed = 0;
for (const [name, format] of Object.entries<Format>(formats)) {
  if (values.only && !values.only.includes(name)) continue;
  const started = performance.now();
  const result = await fuzz(format, Math.ceil(Number(values.inputs) * format.share), seed);
  const seconds = (performance.now() - started) / 1000;
  total += result.inputs;
  failed += result.failures.length;
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${name}: ${result.inputs} inputs, ${result.refused} refused, slowest ${result.milliseconds.toFixed(0)} ms, ${seconds.toFixed(0)} s, process ${memory} MB, ${result.failures.length} failures`,
  );
  for (const failure of result.failures.slice(0, 20)) console.log(failure);
}
console.log(`${total} inputs with seed ${seed}, ${failed} failures`);
process.exit(failed === 0 ? 0 : 1);
