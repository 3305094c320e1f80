/** A run as those processes see it that share its work and do not write it: the first of them does. */
import { pathsIn, type ResumePoint, type Run } from "../checkpoint/runDirectory.ts";
import type { Saving } from "./saver.ts";

/** @param directory where the first process writes, which need not exist here */
export function followedRun(directory: string, resumed: ResumePoint | null): Run {
  return {
    directory,
    paths: pathsIn(directory),
    log: { append: nothing, sync: nothing, close: nothing },
    resumed,
    warnings: [],
    keptPath: notHere,
    removeKept: nothing,
    write: nothing,
    check: nothing,
    seal: nothing,
    close: nothing,
  };
}

export const followedSaving: Saving = {
  remember: nothing,
  isDue: () => false,
  keep: nothing,
  lastGood: notHere,
  flush: nothing,
};

function nothing(): void {}

function notHere(): never {
  throw new Error("assertion failed: the first process alone has a run's files");
}
