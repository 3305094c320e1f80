/** The progress of a training run: all that a resumed run needs besides tensors. Plain JSON. */
import { totalCells } from "../engine/matrix.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { initialMonitorState, type MonitorState } from "./monitor.ts";
import { initialPlateauState, type PlateauState } from "./schedules.ts";

export interface TrainingState {
  /** Epochs done. */
  epoch: number;
  /** Updates done, in all and in the epoch under way. */
  step: number;
  batch: number;
  /** Sums of the epoch under way, shard by shard. */
  totals: number[];
  monitor: MonitorState;
  plateau: PlateauState;
  /** The value of `train.target`'s metric in the latest epoch; null if there is none. */
  target: number | null;
  /** How often training went back to an earlier model after a divergence, and the resulting factor on the learning rate. */
  rollbacks: number;
  lr_factor: number;
}

/** The state in a model file, whoever wrote it. Throws UserError(model) where it is none of a run in so many shards. */
export function parseTrainingState(value: unknown, file: string, shards: number): TrainingState {
  const state = (isObject(value) ? value : {}) as Partial<Record<keyof TrainingState, unknown>>;
  const { totals, monitor, plateau } = state;
  const isWhole =
    [state.epoch, state.step, state.batch, state.rollbacks].every(isCount) &&
    Array.isArray(totals) &&
    totals.length === shards * totalCells.count &&
    totals.every(Number.isFinite) &&
    isObject(monitor) &&
    [monitor.bestEpoch, monitor.waited].every(isCount) &&
    isNumberOrNull(monitor.best) &&
    isObject(plateau) &&
    [plateau.waited, plateau.cooldown].every(isCount) &&
    [plateau.best, plateau.lr].every(isNumberOrNull) &&
    isNumberOrNull(state.target) &&
    Number.isFinite(state.lr_factor);
  if (isWhole) return value as TrainingState;
  const message = "the model file's training state is damaged";
  throw new UserError(exitCodes.model, { file, message, expected: "a file written by nnt" });
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const isNumberOrNull = (value: unknown) => value === null || Number.isFinite(value);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export const initialTrainingState = (shards = 1): TrainingState => ({
  epoch: 0,
  step: 0,
  batch: 0,
  totals: new Array<number>(shards * totalCells.count).fill(0),
  monitor: initialMonitorState(),
  plateau: initialPlateauState(),
  target: null,
  rollbacks: 0,
  lr_factor: 1,
});
