/**
 * Makes the small tables of the lecture notes, with coefficients that are known because they stand here:
 * `npx tsx data/make-tables.ts` writes them beside this file, the same bytes every time.
 */
import { writeFileSync } from "node:fs";
import { randomNormal, randomUniform, streamKey } from "../src/support/random.ts";

const SEED = 1;

/** y = 3 x − 2 + noise of sd 0.1. */
const line = table(["x", "y"], 200, ({ uniform, normal }) => {
  const x = uniform(-3, 3);
  return [x, 3 * x - 2 + 0.1 * normal()];
});

/** y = 1 + 2 x1 − 3 x2 + 0.5 x3 − 1.5 x4 + 4 x5 + noise of sd 0.2. */
const plane = table(["x1", "x2", "x3", "x4", "x5", "y"], 500, ({ normal }) => {
  const x = [normal(), normal(), normal(), normal(), normal()];
  const slopes = [2, -3, 0.5, -1.5, 4];
  return [...x, slopes.reduce((y, slope, i) => y + slope * x[i]!, 1) + 0.2 * normal()];
});

/** P(passed) = sigmoid(1.2 (hours − 5) − 0.8 (absences − 3)). */
const exam = table(["hours", "absences", "passed"], 600, ({ uniform }) => {
  const hours = uniform(0, 10);
  const absences = Math.floor(uniform(0, 8));
  const logit = 1.2 * (hours - 5) - 0.8 * (absences - 3);
  return [hours, absences, uniform(0, 1) < 1 / (1 + Math.exp(-logit)) ? "yes" : "no"];
});

/**
 * price = 120,000 + 1,800 area + 9,000 bedrooms − 2,000 min(age, 30) − 6,000 max(0, distance − 8)
 *         + 60,000 in the old town + noise of sd 8,000: kinks that a linear model cannot follow.
 */
const houses = table(
  ["area", "bedrooms", "age", "distance", "district", "price"],
  1200,
  ({ uniform, normal }) => {
    const area = uniform(40, 220);
    const bedrooms = 1 + Math.floor(area / 45 + uniform(0, 1.5));
    const age = Math.floor(uniform(0, 90));
    const distance = uniform(0, 25);
    const district = ["harbour", "hills", "old town"][Math.floor(uniform(0, 3))]!;
    const price =
      120_000 +
      1_800 * area +
      9_000 * bedrooms -
      2_000 * Math.min(age, 30) -
      6_000 * Math.max(0, distance - 8) +
      (district === "old town" ? 60_000 : 0) +
      8_000 * normal();
    return [area, bedrooms, age, distance, district, Math.round(price)];
  },
);

/** y = sin(2x) + x/2 + noise of sd 0.05 on [−3, 3]: a curve for a constant plus a sum of sigmoids. */
const curve = table(["x", "y"], 400, ({ uniform, normal }) => {
  const x = uniform(-3, 3);
  return [x, Math.sin(2 * x) + x / 2 + 0.05 * normal()];
});

/** Two spirals of one and a half turns, noise of sd 0.02: not to be parted by fewer than two bends. */
const spirals = table(["x1", "x2", "arm"], 1000, ({ uniform, normal }, row) => {
  const turn = Math.sqrt(uniform(0.02, 1));
  const angle = 3 * Math.PI * turn + (row % 2) * Math.PI;
  return [
    turn * Math.cos(angle) + 0.02 * normal(),
    turn * Math.sin(angle) + 0.02 * normal(),
    row % 2 ? "b" : "a",
  ];
});

for (const [name, text] of Object.entries({ line, plane, exam, houses, curve, spirals }))
  writeFileSync(new URL(`${name}.csv`, import.meta.url), text);

interface Draws {
  uniform(low: number, high: number): number;
  normal(): number;
}

function table(
  header: string[],
  rows: number,
  makeRow: (draws: Draws, row: number) => (number | string)[],
): string {
  const key = streamKey(SEED, "split", header.length, rows);
  let drawn = 0;
  const draws: Draws = {
    uniform: (low, high) => low + (high - low) * randomUniform(key, 4 * drawn++),
    normal: () => randomNormal(key, 2 * drawn++),
  };
  const cell = (value: number | string) =>
    typeof value === "number" && !Number.isInteger(value) ? value.toFixed(4) : String(value);
  const lines = Array.from({ length: rows }, (_, row) => makeRow(draws, row).map(cell).join(","));
  return `${[header.join(","), ...lines].join("\n")}\n`;
}
