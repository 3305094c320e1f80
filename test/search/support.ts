/** Searches on a function instead of on trainings. */
import { parseSpec } from "../../src/config/load.ts";
import { Plan } from "../../src/search/plan.ts";
import type { Point } from "../../src/search/space.ts";
import { strategyOf } from "../../src/search/strategies.ts";
import type { Job, SearchSettings } from "../../src/search/strategy.ts";

/** The settings that a `search` section in YAML stands for. */
export function settingsOf(search: string, epochs = 27): SearchSettings {
  const text = `data: { path: a.csv, target: y }\ntrain: { epochs: ${epochs} }\nsearch: ${search}\n`;
  return { ...parseSpec(text, "spec.yaml").search!, epochs };
}

export interface Done extends Job {
  readonly loss: number;
}

/**
 * All jobs of a search in the plan's order. `pick` says which of the open ones is done next: nothing may
 * depend on it.
 */
export function searched(
  settings: SearchSettings,
  loss: (point: Point, epochs: number | null, trial: number) => number,
  pick: (open: readonly Job[]) => number = () => 0,
): Done[] {
  const plan = new Plan(strategyOf(settings), settings.parallel);
  const results = new Map<string, number>();
  const keyOf = ({ trial, epochs }: Job) => `${trial}@${epochs}`;
  for (;;) {
    plan.extend((job) => results.get(keyOf(job)));
    const open = plan.jobs.filter((job) => !results.has(keyOf(job)));
    if (open.length === 0) break;
    const job = open[pick(open)]!;
    results.set(keyOf(job), loss(job.point, job.epochs, job.trial));
  }
  if (!plan.complete) throw new Error("nothing is to be done, and the plan goes on");
  return plan.jobs.map((job) => ({ ...job, loss: results.get(keyOf(job))! }));
}
