/** Mean and deviation of several runs' figures. */
import { expect, test } from "vitest";
import { spreadOf } from "../../src/evaluate/spread.ts";

test("equal values deviate by exactly 0", () => {
  const accuracy = 14 / 15; // summed and divided again, not the same number
  const runs = [{ accuracy }, { accuracy }, { accuracy }];
  expect(spreadOf(runs)).toEqual({
    accuracy: { mean: accuracy, sd: 0, values: [accuracy, accuracy, accuracy] },
  });
});

test("others by the sample's standard deviation", () => {
  const { loss } = spreadOf([{ loss: 1 }, { loss: 2 }, { loss: 6 }]);
  expect([loss!.mean, loss!.sd]).toEqual([3, Math.sqrt(7)]);
});
