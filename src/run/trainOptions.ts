/** The options of a run. */
import type { RunMode } from "../checkpoint/runDirectory.ts";
import type { Peers } from "../cluster/peers.ts";
import type { Spec } from "../config/schema.ts";
import type { LoadOptions, Split } from "../data/dataset/dataset.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { KernelsChoice } from "../engine/choose.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import type { Watcher } from "../evaluate/watchers.ts";
import type { Follower, Listener } from "../train/events.ts";
import type { ReportData } from "./reportData.ts";

export interface TrainOptions extends KernelsChoice {
  readonly spec: { readonly spec: Spec; readonly file: string; readonly baseDirectory: string };
  readonly out: string | null;
  readonly mode: RunMode;
  readonly maxSeconds: number | null;
  /** Pause after this epoch of a longer run, to be resumed. */
  readonly pauseAt?: number | null;
  /** How the data is checked and profiled. */
  readonly load?: Pick<LoadOptions, "strict" | "profile" | "preprocessing">;
  /** Aborted by a signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** The text of spec.yaml for the resolved spec, saved in this directory. */
  readonly renderSpec: (spec: Spec, directory: string) => string;
  /** A further listener, for a run whose directory is known; it never throws, and warns of what it cannot do. */
  readonly follow?: (directory: string, spec: Spec, warn: (message: string) => void) => Follower;
  /** The text of report.html; without it, no report is written. */
  readonly renderReport?: (data: ReportData) => Promise<string>;
  /** Makes a watcher of the evaluation of the test rows at the end. */
  readonly observe?: (preprocessing: Preprocessing, test: Pick<Split, "indices">) => Watcher;
  /** Starts a thread beside this one, for the runs that seeds or folds are; absent: they come one after the other. */
  readonly newThread?: () => TrainThread;
  /** The processes that share the work; absent: this one alone. */
  readonly peers?: Peers;
  /** Of nnt. */
  readonly version: string;
}

/** A thread that trains runs, one after the other. */
export interface TrainThread {
  /** Rejects where it cannot train. */
  readonly ready: Promise<void>;
  /** Throws as `train`. */
  train(options: TrainOptions, listen: Listener): Promise<Trained>;
  /** To be called when it trains nothing. */
  close(): Promise<void>;
}

/** What came of a run. */
export interface Trained {
  readonly summary: Summary;
  /** What `TrainOptions.observe` is to be told. */
  readonly watched: readonly Watched[];
}

/** An evaluation of test rows, to be told to a watcher later or elsewhere. */
export interface Watched {
  readonly preprocessing: Preprocessing;
  readonly indices: Int32Array;
  readonly batches: readonly Parameters<Watcher["see"]>[];
}
