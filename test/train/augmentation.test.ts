/** Augmentation changes what is trained on, within the spec's limits, and nothing else; a stop does not show. */
import { describe, expect, test } from "vitest";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";
import { outcome, workOf } from "./support.ts";

const digits = (augment: string, train = "epochs: 1, batch_size: 500", scale = "standard") => `
data:
  format: idx
  train: { images: data/digits/test-images-idx3-ubyte.gz, labels: data/digits/test-labels-idx1-ubyte.gz }
  scale: ${scale}
  split: { validation: 0.1 }
  augment: ${augment}
model: { hidden: [8] }
train: { ${train} }
`;
const everything =
  "{ shift: 1, rotate: 10, scale: 0.1, stretch: 0.1, shear: 0.2, elastic: { alpha: 4, sigma: 1.5 } }";

describe("figures", () => {
  const lossOf = async (augment: string, batchSize: number) => {
    const work = await workOf(digits(augment, `epochs: 1, batch_size: ${batchSize}`));
    const started = work.measure("train")!;
    const first = await started.figures([]);
    await trainEpoch(
      work,
      () => null,
      () => {},
    );
    return { clean: first.loss!, trained: work.trainer.figures("classification").loss! };
  };

  test("without changes, one batch's loss is that of the rows as they are", async () => {
    const { clean, trained } = await lossOf("{ shift: 0 }", 500);
    expect(trained).toBeCloseTo(clean, 6);
  });

  test("with changes it is another, while rows that are measured stay as they are", async () => {
    const changed = await lossOf(everything, 500);
    const plain = await lossOf("null", 500);
    expect(changed.clean).toBe(plain.clean);
    expect(Math.abs(changed.trained - plain.trained)).toBeGreaterThan(1e-3);
  });
});

test("a run stopped after any update and resumed ends with the same bytes", async () => {
  const text = digits(everything, "epochs: 2, batch_size: 100");
  const whole = await outcome(text);
  expect(whole.steps).toBe(8);
  for (const stops of [[1], [4], [6], [1, 2, 3, 4, 5, 6, 7]])
    expect(await outcome(text, [], stops)).toEqual(whole);
});

test("each epoch draws anew", async () => {
  // No learning: the second epoch's loss differs by its changes alone.
  const text = digits(everything, "epochs: 2, batch_size: 500");
  const { events } = await outcome(text, ["optimizer.lr=1e-30"]);
  const [first, second] = events.map(({ train }) => train.loss!);
  expect(second).not.toBe(first);
  const plain = await outcome(text, ["optimizer.lr=1e-30", "data.augment=null"]);
  expect(plain.events[1]!.train.loss).toBeCloseTo(plain.events[0]!.train.loss!, 6);
});

test("records that are no images are refused, by name and shape", async () => {
  const text = digits("{ shift: 1 }").replaceAll("images-idx3", "labels-idx1");
  const refused = await workOf(text).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UserError);
  expect(refused).toMatchObject({ exitCode: exitCodes.usage });
  expect((refused as UserError).message).toContain("data.augment");
});
