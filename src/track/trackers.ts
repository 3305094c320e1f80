/** The trackers, one row each, as a spec's `track` section switches them on. */
import type { TrackSpec } from "../config/schema.ts";
import type { Follower } from "../train/events.ts";
import { mlflow } from "./mlflow.ts";
import { tensorboard } from "./tensorboard.ts";
import type { TrackedRun, Tracker } from "./tracker.ts";

/** A listener for all that the run's spec asks for. */
export function trackersOf(run: TrackedRun): Follower {
  const { track } = run.spec;
  const names = Object.keys(trackers) as (keyof typeof trackers)[];
  const listeners = names.flatMap((name) => {
    const settings = track?.[name] ?? null;
    const tracker: Tracker<never> = trackers[name];
    return settings === null ? [] : [tracker(run, settings as never)];
  });
  return (event) => {
    for (const listen of listeners) listen(event);
  };
}

const trackers = { tensorboard, mlflow } satisfies {
  [Name in keyof TrackSpec]: Tracker<NonNullable<TrackSpec[Name]>>;
};
