/** The progress of a training run: all that a resumed run needs besides tensors. Plain JSON. */
import { totalCells } from "../engine/matrix.ts";
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
