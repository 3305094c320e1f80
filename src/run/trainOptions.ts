/** The options of a run. */
import type { RunMode } from "../checkpoint/runDirectory.ts";
import type { Peers } from "../cluster/peers.ts";
import type { Spec } from "../config/schema.ts";
import type { LoadOptions, Split } from "../data/dataset/dataset.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { KernelsChoice } from "../engine/choose.ts";
import type { Watcher } from "../evaluate/watchers.ts";
import type { Follower } from "../train/events.ts";
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
  readonly observe?: (preprocessing: Preprocessing, test: Split) => Watcher;
  /** The processes that share the work; absent: this one alone. */
  readonly peers?: Peers;
  /** Of nnt. */
  readonly version: string;
}
