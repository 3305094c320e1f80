/** Labels that are numbers are compared by what they say, to the last digit. */
import { expect, test } from "vitest";
import { canonicalLabel, sortLabels } from "../../../src/data/table/labels.ts";

test.each([
  ["1", "1.0", "1.", " 1", "+1", "01", "1e0", "10e-1"],
  ["0.5", ".5", "0.50", "5e-1"],
  ["-0", "0", "0.0", "0e5"],
  ["-12.25", "-012.250"],
  ["100000000000000000000", "1e20", "1.0e20"],
  ["9007199254740993", "9007199254740993.0", "+9007199254740993"],
  ["1e-400", "0.1e-399"],
])("%s is one label however it is written", (...labels) => {
  expect(new Set(labels.map(canonicalLabel)).size).toBe(1);
  expect(canonicalLabel(canonicalLabel(labels[0]!))).toBe(canonicalLabel(labels[0]!));
});

test.each([
  ["9007199254740992", "9007199254740993"],
  ["-9007199254740992", "-9007199254740993"],
  ["1577134800018226901", "1577134800018226902"],
  ["0.1", "0.10000000000000000001"],
  ["1", "1x"],
  ["1.0x", "1x"],
])("%s and %s are two labels, in this order", (first, second) => {
  expect(canonicalLabel(first)).not.toBe(canonicalLabel(second));
});

test("whole numbers beyond doubles are sorted as numbers", () => {
  const sorted = [
    "-9007199254740993",
    "-9007199254740992",
    "5",
    "9007199254740992",
    "9007199254740993",
    "90071992547409931",
  ];
  expect(sortLabels(sorted.toReversed())).toEqual(sorted);
});
