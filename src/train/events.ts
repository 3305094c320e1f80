/** The events of a training run. How they are shown is the business of report/. */

/** Figures by name: `loss` and whatever metrics the task has. */
export type Figures = Readonly<Record<string, number>>;

/** A figure over several runs: folds, or seeds. */
export interface Spread {
  readonly mean: number;
  /** With one degree of freedom less than there are runs. */
  readonly sd: number;
  /** Of each run, in order. */
  readonly values: readonly number[];
}

export interface StartEvent {
  readonly event: "start";
  /** The fold, from 1, of a cross-validation whose run this is. */
  readonly fold?: number;
  readonly name: string;
  readonly task: string;
  readonly rows: Readonly<Record<string, number>>;
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: number;
  readonly epochs: number;
  readonly updates_per_epoch: number;
  readonly seed: number;
  /** The metric that decides which epoch is best, such as `validation.loss`; absent from logs of older versions. */
  readonly monitor?: string;
  readonly backend: string;
  /** The graphics card that computes; absent where none does. */
  readonly card?: string;
  readonly threads: number;
  /** Whether the run's bits are those of all other kernels that fuse multiply-adds; absent from older logs. */
  readonly fused?: boolean;
  /** The epoch and step this run goes on from; 0 for a fresh one. */
  readonly epoch: number;
  readonly step: number;
}

export interface EpochEvent {
  readonly event: "epoch";
  /** The seed, in one of several runs that differ in it. */
  readonly seed?: number;
  /** The fold, from 1, of a cross-validation whose run this is. */
  readonly fold?: number;
  /** Epochs done, from 1; the last one may be cut short by `max_steps`. */
  readonly epoch: number;
  /** Updates done since the beginning. */
  readonly step: number;
  /** Learning rate of the epoch's last update. */
  readonly lr: number;
  /** ‖gradient‖₂ of the epoch's last update, before clipping; absent from logs of older versions. */
  readonly gradient_norm?: number;
  readonly seconds: number;
  readonly samples_per_second: number;
  readonly train: Figures;
  readonly validation?: Figures;
}

/** What asks a run to stop: signals, or a program that has it trained. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP" | "aborted";

/** Why a run ended. */
export type StopReason =
  | "epochs"
  | "max_steps"
  | "early_stopping"
  | "target"
  | "max_time"
  | "paused"
  | Signal;

/** Whether a run was asked to stop: it has little time left, and will be resumed. */
export function isSignal(reason: StopReason): reason is Signal {
  return reason === "SIGINT" || reason === "SIGTERM" || reason === "SIGHUP" || reason === "aborted";
}

export interface EndEvent {
  readonly event: "end";
  /** The seed, in one of several runs that differ in it. */
  readonly seed?: number;
  /** The fold, from 1, of a cross-validation whose run this is. */
  readonly fold?: number;
  readonly reason: StopReason;
  readonly epoch: number;
  readonly step: number;
  readonly best_epoch: number;
  /** null: no figure was ever finite. */
  readonly monitor: { readonly metric: string; readonly value: number | null };
  readonly seconds: number;
  /** Figures of the best model, by split. */
  readonly metrics: Readonly<Record<string, Figures>>;
  /** Figures over the folds, if there are any. */
  readonly folds?: { readonly count: number; readonly metrics: Readonly<Record<string, Spread>> };
  /** The last epoch was the best, and the validation loss was falling until then. */
  readonly still_improving?: true;
  /** Of simpler answers, on the rows of the last split measured; absent where there is nothing to compare with. */
  readonly baselines?: BaselineFigures;
  readonly parameters: number;
  readonly weights_sha256: string;
  readonly directory: string;
}

/** A metric of one answer for all rows, the mean or the most frequent class, and of a linear model. */
export interface BaselineFigures {
  readonly metric: "accuracy" | "rmse";
  readonly constant: number;
  /** null: there were too many inputs for one. */
  readonly linear: number | null;
}

/** Several times a second within an epoch; for progress bars only, never logged. */
export interface ProgressEvent {
  readonly event: "progress";
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** Mean training loss of the epoch so far. */
  readonly loss: number;
  /** Of the latest update. */
  readonly lr: number;
  /** The best epoch so far and its figure; null before the first epoch is over. */
  readonly best: { readonly epoch: number; readonly value: number | null } | null;
  readonly samples_per_second: number;
}

/** A message for people about something that is not a failure. */
export interface NoteEvent {
  readonly event: "note" | "warning";
  readonly message: string;
}

/** The events of `metrics.jsonl` and `--json`. */
export type LoggedEvent = StartEvent | EpochEvent | EndEvent;

export type TrainEvent = LoggedEvent | ProgressEvent | NoteEvent;

export type Listener = (event: TrainEvent) => void;

/** A run has failed: it is about to throw. */
export interface FailedEvent {
  readonly event: "failed";
}

/** Called with every event of a run, and with its failure. */
export interface Follower {
  (event: TrainEvent | FailedEvent): void;
  /** Once what it was told is where it goes: of those who tell others, after the run's end. */
  settle?(): Promise<void>;
}
