/** A few of the points of `npm run test:crash`: kills and faults at system calls, each followed by the same bits. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cutAtEveryCall } from "./cuts.ts";
import { failAndResume, killAndResume, type Setting } from "./passes.ts";
import { type Call, hasStrace, outcome, type Point, pointsOf, prepare } from "./runs.ts";

const canTrace = hasStrace();
const title = canTrace ? "" : " (skipped: strace is not here, or not allowed)";
const inTime = { skip: !canTrace, timeout: 120_000 };

let setting: Setting;
let before: Point[] = [];
beforeAll(async () => {
  if (!canTrace) return;
  const folder = prepare({ epochs: 3 });
  const points = await pointsOf(folder, "unharmed");
  before = points.before;
  setting = { folder, points: points.within, expected: outcome(folder, "unharmed"), resumed: new Set() };
}, inTime.timeout);
afterAll(() => {
  if (setting) rmSync(setting.folder, { recursive: true });
});

/** The middle one of the run's calls of that name. */
function middle(call: Call): Point {
  const points = setting.points.filter((point) => point.call === call);
  return points[Math.floor(points.length / 2)]!;
}

test(`killed at any call and resumed, a run ends with the same bits${title}`, inTime, async () => {
  const chains = [middle("rename"), before.at(-1)!];
  const verdicts = await Promise.all(chains.map((first, i) => killAndResume(setting, `k${i}`, first, 2, i)));
  expect(verdicts.flatMap(({ wrong }) => wrong)).toEqual([]);
});

test(`a fault is told with path and cause, and harms nothing${title}`, inTime, async () => {
  const verdicts = await Promise.all([
    failAndResume(setting, "f0", middle("writev"), "ENOSPC", true),
    failAndResume(setting, "f1", middle("rename"), "EIO", false),
  ]);
  expect(verdicts.flatMap(({ wrong }) => wrong)).toEqual([]);
});

test(
  `a power cut leaves what opens and ends with the same bits, whatever was not synced${title}`,
  inTime,
  async () => {
    const folder = prepare({ epochs: 1 });
    const { calls, wrong } = await cutAtEveryCall(folder, { lots: 1, seed: 1, every: 6 });
    rmSync(folder, { recursive: true });
    expect(calls).toBeGreaterThan(30);
    expect(wrong).toEqual([]);
  },
);
