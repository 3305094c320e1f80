/** The trackers, one row each, as a spec's `track` section switches them on. */
import type { TrackSpec } from "../config/schema.ts";
import { UserError } from "../support/errors.ts";
import { ioProblem } from "../support/files.ts";
import type { Follower } from "../train/events.ts";
import { mlflow } from "./mlflow.ts";
import { mlflowServer } from "./mlflowServer.ts";
import { tensorboard } from "./tensorboard.ts";
import type { TrackedRun, Tracker } from "./tracker.ts";

/** A listener for all that the run's spec asks for. A tracker that fails is warned of, and heard of no more. */
export function trackersOf(run: TrackedRun, warn: (message: string) => void): Follower {
  const { track } = run.spec;
  const names = Object.keys(trackers) as (keyof typeof trackers)[];
  const listeners = names.flatMap((name) => {
    const settings = track?.[name] ?? null;
    const tracker: Tracker<never> = trackers[name];
    return settings === null ? [] : [guarded(name, () => tracker(run, settings as never), warn)];
  });
  const listen = (event: Parameters<Follower>[0]) => {
    for (const one of listeners) one(event);
  };
  return Object.assign(listen, {
    async settle() {
      for (const one of listeners) await one.settle?.();
    },
  });
}

/** What is written for other tools is no reason to lose a training. */
function guarded(name: string, open: () => Follower, warn: (message: string) => void): Follower {
  const giveUp = (error: unknown) => {
    const problem = ioProblem(error, `track.${name}`, "write");
    if (!(problem instanceof UserError)) throw error;
    warn(`track.${name} has stopped writing, and training continues: ${problem.message}`);
  };
  const attempt = <T>(action: () => T): T | null => {
    try {
      return action();
    } catch (error) {
      giveUp(error);
      return null;
    }
  };
  let listen = attempt(open);
  const follow = (event: Parameters<Follower>[0]) => {
    const follower = listen;
    if (follower === null) return;
    const went = attempt(() => {
      follower(event);
      return true;
    });
    if (!went) listen = null;
  };
  return Object.assign(follow, {
    async settle() {
      try {
        await listen?.settle?.();
      } catch (error) {
        listen = null;
        giveUp(error);
      }
    },
  });
}

const trackers = {
  tensorboard,
  mlflow: (run: TrackedRun, { server, ...settings }: NonNullable<TrackSpec["mlflow"]>) =>
    server === undefined ? mlflow(run, settings) : mlflowServer(run, { ...settings, server }),
} satisfies {
  [Name in keyof TrackSpec]: Tracker<NonNullable<TrackSpec[Name]>>;
};
