/**
 * In each test file's process: notes which mutants a test reaches; after it, switches those that no test has noticed yet on, one
 * by one, and runs the test again.
 */
import { relative } from "node:path";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach } from "vitest";
import { getFn } from "vitest/suite";
import type { GroupName } from "./groups.ts";
import { isTried, openJournal, testKey } from "./journal.ts";

/** What Stryker's switches look at, and what they count. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}
const globals = globalThis as { __stryker__?: Switches };
globals.__stryker__ ??= {};
const switches = globals.__stryker__;

/** A mutant that is reached so many times as often as its original, or takes so many seconds, does not end. */
const endless = { times: 20, seconds: 3 };
/** Seconds of the processor: a test that takes longer is not tried on mutants, one by one, which would take days. */
const longest = 0.3;

// A failure is enough: the smallest one would take hundreds of runs to find; and what no run of a second shows is not shown.
fc.configureGlobal({ endOnFailure: true, interruptAfterTimeLimit: 1000 });

const { findings, note, setNow, noteLost } = openJournal(process.env.NNT_MUTATION_GROUP as GroupName);
noteLost();
const clock = watch();
let isSound = true;

let began = process.cpuUsage();
beforeEach(({ task }) => {
  switches.currentTestId = task.id;
  began = process.cpuUsage();
});

afterEach(async ({ task }) => {
  switches.currentTestId = undefined;
  const { killed, tests } = findings();
  const hits = switches.mutantCoverage?.perTest[task.id] ?? {};
  const test = `${testKey(pathOf(task.file))} ${task.id} ${task.name}`;
  const { user, system } = process.cpuUsage(began);
  const isLong = user + system > 1e6 * longest;
  const untried =
    isLong || tests.has(test)
      ? []
      : Object.keys(hits).filter((mutant) => isTried(mutant) && !killed.has(mutant));
  for (const mutant of untried) {
    setNow(mutant, "not ending");
    clock.start();
    if (await fails(task, mutant, hits[mutant]!)) note({ killed: mutant, by: task.name });
    setNow(null, "");
  }
  clock.rest();
  isSound &&= task.result?.state !== "fail" && (untried.length === 0 || !(await fails(task, "none", 0)));
  if (!isSound) throw new Error("the test fails without mutants");
  note({ tried: Object.keys(hits), test });
});

// biome-ignore lint/correctness/noEmptyPattern: vitest reads it
afterAll(async ({}, suite) => {
  await clock.stop();
  const loading = Object.keys(switches.mutantCoverage?.static ?? {});
  if (isSound) note({ done: testKey(pathOf(suite.file)), loading });
});

function pathOf({ filepath }: { filepath: string }): string {
  return relative(process.cwd(), filepath);
}

/** Runs a test while a mutant is on. */
async function fails(test: object, mutant: string, hits: number): Promise<boolean> {
  Object.assign(switches, { activeMutant: mutant, hitCount: 0, hitLimit: 1000 + endless.times * hits });
  try {
    await getFn(test as never)();
    return switches.hitCount! > switches.hitLimit!;
  } catch {
    return true;
  } finally {
    switches.activeMutant = undefined;
  }
}

/** Ends the process when a run takes that much of the processor, not of the clock. */
function watch(): { start(): void; rest(): void; stop(): Promise<unknown> } {
  const state = new Float64Array(new SharedArrayBuffer(8)); // number of the run with a mutant, 0 for none
  const program = `
    const { workerData: state } = require("node:worker_threads");
    let run = 0;
    let began = 0;
    setInterval(() => {
      const { user, system } = process.cpuUsage();
      const used = (user + system) / 1e6;
      if (state[0] !== run) [run, began] = [state[0], used];
      else if (run > 0 && used - began > ${endless.seconds}) process.kill(process.pid, "SIGKILL");
    }, 200);
  `;
  const worker = new Worker(program, { eval: true, workerData: state });
  let runs = 0;
  return {
    start() {
      state[0] = ++runs;
    },
    rest() {
      state[0] = 0;
    },
    stop: () => worker.terminate(),
  };
}
