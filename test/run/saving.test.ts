/** `train.checkpoint`: when models are saved, which are kept, and what a run goes on from when some are damaged. */
import { readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { parseSpec } from "../../src/config/load.ts";
import { train } from "../../src/run/train.ts";
import type { TrainEvent } from "../../src/train/events.ts";
import { scratch } from "../checkpoint/support.ts";
import { irisData } from "../train/support.ts";

/** 7 updates an epoch, 14 in all. */
const spec = `${irisData}
model: { layers: [{ linear: 4 }, tanh, { dropout: 0.1 }, { linear: 3 }] }
train: { epochs: 2, batch_size: 16 }
`;

async function run(directory: string, policy: string, resume = false, epochs = 2) {
  const events: TrainEvent[] = [];
  await train(
    {
      spec: parseSpec(spec, "spec.yaml", { set: [`train.checkpoint=${policy}`, `train.epochs=${epochs}`] }),
      kernels: "reference",
      threads: 1,
      out: directory,
      mode: resume ? "resume" : "fresh",
      maxSeconds: null,
      signal: new AbortController().signal,
      renderSpec: () => "",
      version: "0",
    },
    (event) => events.push(event),
  );
  const kept = readdirSync(directory).filter((name) => name.startsWith("step-"));
  const bytes = (name: string) => readCheckpoint(join(directory, name)).digests.sha256;
  const warnings = events.flatMap((event) => (event.event === "warning" ? [event.message] : []));
  return { kept: kept.sort(), bytes, warnings };
}

test.each([
  ["{ every_epochs: 1, keep_last: 9 }", ["step-14.ckpt", "step-7.ckpt"]],
  ["{ every_epochs: 2, keep_last: 9 }", ["step-14.ckpt"]],
  ["{ keep_last: 1 }", ["step-14.ckpt"]],
  ["{ every_steps: 3, keep_last: 9 }", ["step-12.ckpt", "step-3.ckpt", "step-6.ckpt", "step-9.ckpt"]],
  ["{ every_steps: 3, keep_last: 2 }", ["step-12.ckpt", "step-9.ckpt"]],
  ["{ every_minutes: 60, keep_last: 2 }", []],
  ["null", []],
])("%s keeps %j", async (policy, kept) => {
  expect((await run(scratch(), policy)).kept).toEqual(kept);
});

test("with last.ckpt damaged or gone a run goes on from the newest model kept, says so, and ends the same", async () => {
  const policy = "{ every_steps: 3, keep_last: 3 }";
  const whole = await run(scratch(), policy);
  const cut = (path: string) => truncateSync(path, 100);
  const remove = (path: string) => rmSync(path);
  for (const harm of [cut, remove]) {
    const directory = scratch();
    await run(directory, policy);
    harm(join(directory, "last.ckpt"));
    harm(join(directory, "best.ckpt"));
    harm(join(directory, "step-12.ckpt"));
    const resumed = await run(directory, policy, true);
    expect(resumed.warnings.join("\n")).toContain("resuming from step-9.ckpt, epoch 1, step 9");
    expect(resumed.kept).toEqual(whole.kept);
    for (const name of ["best.ckpt", "last.ckpt", ...whole.kept])
      expect(resumed.bytes(name), name).toBe(whole.bytes(name));
  }
});

test("damaged models of more updates than a run has come to do not stay in place of those it keeps", async () => {
  const policy = "{ every_steps: 3, keep_last: 2 }";
  const directory = scratch();
  const { kept } = await run(directory, policy, false, 4);
  const damaged = [...kept, "best.ckpt", "last.ckpt"].map((name) => join(directory, name));
  for (const path of damaged) truncateSync(path, 100);
  const again = await run(directory, policy, true);
  expect(again.warnings.at(-1)).toContain("starting from the beginning");
  for (const path of damaged) expect(again.warnings.join("\n")).toContain(`${path}: the file was cut off`);
  expect(again.kept).toEqual(["step-12.ckpt", "step-9.ckpt"]);
});
