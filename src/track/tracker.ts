/** What a tracker is: somebody who listens to a run and writes what it hears for another tool. */
import type { Spec } from "../config/schema.ts";
import type { Follower } from "../train/events.ts";

/** A run as it begins or goes on. */
export interface TrackedRun {
  readonly directory: string;
  /** With nothing left open. */
  readonly spec: Spec;
  /** Where relative paths of the spec start. */
  readonly baseDirectory: string;
  /** In ms since 1970. */
  readonly now: () => number;
}

/**
 * Hears of every event of a run; the first is its start, whose `epoch` says where a resumed one goes on: what
 * is written of later epochs is dropped then, so that nothing is told twice. Throws UserError(io).
 */
export type Tracker<Settings> = (run: TrackedRun, settings: Settings) => Follower;
