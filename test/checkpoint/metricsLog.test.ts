import { appendFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { openMetricsLog, readMetricsLog } from "../../src/checkpoint/metricsLog.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { refusal, scratch } from "./support.ts";

const epochLine = (epoch: number) => ({
  event: "epoch",
  epoch,
  step: epoch * 10,
  train: { loss: 1 / epoch, note: "ä" },
});
const run = [
  { event: "start", name: "a" },
  epochLine(1),
  epochLine(2),
  epochLine(3),
  { event: "end", epoch: 3, step: 30 },
];

function logged(events: readonly object[]): string {
  const path = join(scratch(), "metrics.jsonl");
  const { log } = openMetricsLog(path, null);
  for (const event of events) log.append(event);
  log.sync();
  log.close();
  return path;
}

describe("the log", () => {
  it("holds one event per line", () => {
    const path = logged(run);
    expect(readFileSync(path, "utf8")).toBe(run.map((event) => `${JSON.stringify(event)}\n`).join(""));
    expect(readMetricsLog(path)).toEqual(run);
  });

  it("has each line as soon as it is appended, and may be closed twice", () => {
    const path = join(scratch(), "metrics.jsonl");
    const { log } = openMetricsLog(path, null);
    log.append(run[0]!);
    expect(readMetricsLog(path)).toEqual([run[0]]);
    log.close();
    log.close();
  });

  it("begins empty without a checkpoint", () => {
    const path = logged(run);
    expect(openMetricsLog(path, null).kept).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("is never written through a link", () => {
    const directory = scratch();
    writeFileSync(join(directory, "precious"), "kept");
    symlinkSync(join(directory, "precious"), join(directory, "metrics.jsonl"));
    const message = refusal(exitCodes.io, () => openMetricsLog(join(directory, "metrics.jsonl"), null));
    expect(message).toContain("symbolic link");
    expect(readFileSync(join(directory, "precious"), "utf8")).toBe("kept");
  });

  it("of a run that is not there is an I/O problem", () => {
    refusal(exitCodes.io, () => readMetricsLog("/nowhere/metrics.jsonl"));
    refusal(exitCodes.io, () => openMetricsLog("/nowhere/metrics.jsonl", null));
  });
});

describe("resuming", () => {
  test.each([
    ["the last epoch", { epoch: 3, step: 30 }, 4],
    ["the middle of an epoch", { epoch: 2, step: 25 }, 3],
    ["the last update of an epoch, before its line", { epoch: 1, step: 20 }, 2],
    ["the start", { epoch: 0, step: 0 }, 1],
  ])("from %s keeps the lines that the checkpoint covers", (_, progress, count) => {
    const path = logged(run);
    const { log, kept } = openMetricsLog(path, progress);
    log.close();
    expect(kept).toEqual(run.slice(0, count));
    expect(readMetricsLog(path)).toEqual(kept);
  });

  it("goes on to the same bytes from a log torn at any byte past the checkpoint's line", () => {
    const path = logged(run);
    const whole = readFileSync(path);
    const covered = Buffer.byteLength(
      run
        .slice(0, 3)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(""),
    );
    for (let length = covered; length <= whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const { log, kept } = openMetricsLog(path, { epoch: 2, step: 20 });
      expect(kept.length).toBe(3);
      for (const event of run.slice(3)) log.append(event);
      log.close();
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
  });

  test.each(["{\n", "[]\n", "1\n", "\n", '{"event":"epoch","epo', "\u0000\u0000\u0000\n"])(
    "drops a last line %j and whatever follows",
    (torn) => {
      const path = logged(run.slice(0, 2));
      appendFileSync(path, `${torn}${JSON.stringify(run[1])}\n`);
      expect(openMetricsLog(path, { epoch: 9, step: 90 }).kept).toEqual(run.slice(0, 2));
      expect(readMetricsLog(path)).toEqual(run.slice(0, 2));
    },
  );
});
