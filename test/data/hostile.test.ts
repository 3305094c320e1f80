/** A sample of `npm run test:hostile`: tables as people have them are measured as clean ones are, or something is said. */
import { expect, test } from "vitest";
import { cleanInterval, faultOf, outcomeOf, somePairs } from "./hostile/pass.ts";

const seed = 2;

test("tables of two kinds of hostility are read as meant, refused, or warned of", {
  timeout: 60_000,
}, async () => {
  const clean = await cleanInterval(seed, 2);
  for (const pair of somePairs(5, seed))
    expect(faultOf(await outcomeOf(pair, seed), clean), pair.join(" + ")).toBeNull();
});

test("a code that stands for missing values is warned of with the line that reads it", async () => {
  const { told, accuracy } = await outcomeOf(["-999 for missing", "tabs"], seed);
  expect(accuracy).toBeLessThan(0.9);
  expect(told.join("\n")).toContain('columns: { "height": { missing_values: ["-999"] } }');
});
