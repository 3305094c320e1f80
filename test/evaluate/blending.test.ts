/** How much each network of a blend counts, where that is known. */
import { expect, test } from "vitest";
import type { Preprocessing } from "../../src/data/preprocessing/preprocessing.ts";
import { Blending } from "../../src/evaluate/blending.ts";

const scaling = { name: "standard", center: 10, scale: 2 } as const;
const numbers: Preprocessing = {
  inputs: { kind: "columns", columns: [] },
  target: { task: "regression", columns: [{ name: "y", scaling }], link: "identity" },
};
const classes: Preprocessing = {
  inputs: { kind: "columns", columns: [] },
  target: { task: "classification", name: "y", classes: ["p", "q"], encoding: "index", link: "softmax" },
};

/** Networks' answers to rows 0, 1, 2 …, one fold. */
function blend(
  preprocessing: Preprocessing,
  targets: number[],
  networks: number[][],
  flattery: readonly number[] = [],
  sizes: readonly number[] = [],
) {
  const blending = new Blending(preprocessing);
  const rows = Int32Array.from(targets.keys());
  const outputs = networks[0]!.length / targets.length;
  for (const answers of networks) {
    const S = new Float32Array(outputs * targets.length);
    blending.watcher(1, rows).see(Float64Array.from(answers), Float64Array.from(targets), 0, S);
  }
  return blending.result(
    networks.map((_, i) => ({ flattery: flattery[i] ?? 1, parameters: sizes[i] ?? 100 + i })),
  );
}

const y = [4, 8, 12, 16];
const off = (by: number[]) => y.map((value, i) => value + by[i]!);

test("errors that cancel make networks count by how large they are, in lowest terms", () => {
  const { votes, rows } = blend(numbers, y, [off([3, -3, 3, -3]), off([-1, 1, -1, 1])]);
  expect(votes).toEqual([1, 3]);
  expect(rows.map(({ predictions }) => predictions[0])).toEqual(y);
  expect(rows.map(({ S }) => S[0])).toEqual(y.map((value) => (value - 10) / 2));
  expect(rows.every(({ loss }) => loss === 0)).toBe(true);
});

test("a network that is only worse is left out", () => {
  expect(blend(numbers, y, [off([3, 3, 3, 3]), off([1, 1, 1, 1])]).votes).toEqual([0, 1]);
});

test("a network whose loss is flattered counts less, or not at all", () => {
  const networks = [off([1, -1, 1, -1]), off([1, 1, -1, -1])];
  expect(blend(numbers, y, networks).votes).toEqual([1, 1]);
  const [first, second] = blend(numbers, y, networks, [1.2, 1]).votes;
  expect(first!).toBeLessThan(second!);
  expect(blend(numbers, y, networks, [4, 1]).votes).toEqual([0, 1]);
});

test("the smallest network has all votes where others help by less than a standard error", () => {
  const networks = [off([1, -1, 1, -1]), off([-1, -1.2, 1, -1])];
  const { votes, rows } = blend(numbers, y, networks, [], [5, 500]);
  expect(votes).toEqual([1, 0]);
  expect(rows.map(({ predictions }) => predictions[0])).toEqual(networks[0]);
  expect(blend(numbers, y, networks, [], [500, 5]).votes.every((vote) => vote > 0)).toBe(true);
});

test("probabilities are averaged, and counted by the logarithm of what was given to what is so", () => {
  const sure = [0.9, 0.1, 0.1, 0.9];
  const wrong = [0.2, 0.8, 0.5, 0.5];
  const { votes, rows } = blend(classes, [0, 1], [sure, wrong]);
  expect(votes).toEqual([1, 0]);
  expect(rows[0]!.loss).toBeCloseTo(-Math.log(0.9), 12);
  expect([...rows[0]!.S].map(Math.exp)).toEqual([expect.closeTo(0.9, 6), expect.closeTo(0.1, 6)]);
});
