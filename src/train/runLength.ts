/** How many updates an epoch and a run take. */
import type { Spec } from "../config/schema.ts";
import { exitCodes, UserError } from "../support/errors.ts";

/** Lengths in updates. */
export interface RunLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** Whether `max_steps` ends the run, not `epochs`. */
  readonly endsBySteps?: boolean;
}

/** Updates in an epoch and in a run; an epoch's last, shorter one counts unless `drop_last` is set. */
export function runLength(spec: Spec, rows: number): RunLength {
  const { train } = spec;
  const rowsPerUpdate = rowsOfUpdate(spec, rows);
  const batches = rows / rowsPerUpdate;
  const stepsPerEpoch = train.drop_last ? Math.floor(batches) : Math.ceil(batches);
  if (stepsPerEpoch === 0) {
    throw new UserError(exitCodes.data, {
      message: `${rows} training rows are fewer than a batch of ${rowsPerUpdate}, and train.drop_last drops it`,
      expected: "at least one full batch",
    });
  }
  const planned = train.epochs === null ? Infinity : train.epochs * stepsPerEpoch;
  const most = train.max_steps ?? Infinity;
  return { stepsPerEpoch, totalSteps: Math.min(planned, most), endsBySteps: most < planned };
}

/** Rows of one update: one batch, several, or, for an optimizer with a line search, all of them. */
export function rowsOfUpdate({ train, optimizer }: Spec, rows: number): number {
  return optimizer.name === "lbfgs" ? rows : train.batch_size * train.accumulate;
}
