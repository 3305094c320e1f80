/** The quick start does what the README says: seconds on the plainest kernels, and people it has not met read right. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, nnt } from "../cli/program.ts";

const spec = join(import.meta.dirname, "../../configs/digits.yaml");
const cwd = folder();

test("digits.yaml reads 96.5 % of 360 digits by other writers, and its model file alone says so", async () => {
  const trained = await nnt(["train", spec, "--kernels", "reference", "--out", "run", "--quiet"], { cwd });
  expect([trained.code, trained.err]).toEqual([0, ""]);
  const gate = ["--fail-if", "accuracy<0.965", "--json"];
  const tested = await nnt(["eval", "run/best.ckpt", "--kernels", "reference", ...gate], { cwd });
  expect([tested.code, tested.err]).toEqual([0, ""]);
  expect(JSON.parse(tested.out)).toMatchObject({ split: "test", rows: 360 });
}, 60_000);
