/** One job of a sweep: its spec written, trained as `nnt train` would, and what came of it as the journal says it. */
import type { ResultLine } from "../../search/journal.ts";
import type { Job } from "../../search/strategy.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { refuseLink, writeInside } from "../../support/inside.ts";
import { signalExitCodes } from "../signals.ts";
import type { Sweep, SweepFiles } from "./setup.ts";
import type { TrainEnd } from "./trainers.ts";

interface TrialOptions {
  readonly sweep: Sweep;
  readonly files: SweepFiles;
  /** Options of every `nnt train`. */
  readonly trainOptions: readonly string[];
  /** Aborted: the trial will be continued another time. */
  readonly signal: AbortSignal;
  readonly train: (argv: readonly string[]) => Promise<TrainEnd>;
}

/** A trial whose process was killed from outside is continued this often before it counts as failed. */
const mostStarts = 3;

const stopCodes: readonly number[] = Object.values(signalExitCodes);

/** null: it was stopped, to be continued. Throws UserError for what would be wrong in every trial. */
export async function trainJob(job: Job, options: TrialOptions): Promise<ResultLine | null> {
  const { sweep, files, signal, train, trainOptions } = options;
  const started = performance.now();
  const spec = files.specOf(job);
  refuseLink(files.runOf(job));
  writeInside(spec, [sweep.specAt(job.point).textFor(`${files.directory}/specs`)]);
  const pause = job.epochs === null ? [] : ["--pause-at", String(job.epochs)];
  const argv = [
    "train",
    spec,
    "--out",
    files.runOf(job),
    "--resume",
    "--json",
    "--quiet",
    ...pause,
    ...trainOptions,
  ];
  for (let start = 1; ; start++) {
    const ended = await train(argv);
    const wasStopped = ended.code === null || stopCodes.includes(ended.code);
    if (wasStopped && signal.aborted) return null;
    if (wasStopped && start < mostStarts) continue;
    const seconds = (performance.now() - started) / 1000;
    const { trial, epochs, point } = job;
    return {
      event: "result",
      trial,
      epochs,
      point,
      ...outcome(trial, ended, sweep.settings.metric),
      seconds,
    };
  }
}

/** Memory is refused by the runtime, the kernels or the system, each in its words. */
const isTooLarge = /\b(out of|not enough) memory\b/;

type Outcome = Omit<ResultLine, "event" | "seconds" | keyof Job>;

function outcome(trial: number, { end, code, killedBy, text }: TrainEnd, metric: string): Outcome {
  const message = firstProblem(text);
  if (code === null) return without("failed", `killed by ${killedBy}`);
  if (code === exitCodes.diverged) return without("diverged", message);
  if (code === exitCodes.usage || isTooLarge.test(message)) return without("failed", message);
  if (code !== 0 || !end) throw failed(trial, code, message);
  const [split = "", name = ""] = metric.split(".");
  const value = (split === "folds" ? end.folds?.metrics[name]?.mean : end.metrics[split]?.[name]) ?? null;
  if (value === null) return without("failed", `${metric} is not a number`);
  const { epoch, best_epoch, weights_sha256 } = end;
  return { value, state: "done", epoch, best_epoch, weights_sha256 };
}

function without(state: "diverged" | "failed", message: string): Outcome {
  return { value: null, epoch: null, best_epoch: null, weights_sha256: null, state, message };
}

/** What the first line of a failure says; empty without one. */
function firstProblem(text: string): string {
  const line = text.split("\n").find((line) => line.startsWith("nnt: ")) ?? "";
  return line.slice("nnt: ".length);
}

/** What is wrong with the data or the machine would be wrong in every trial. */
function failed(trial: number, code: number, message: string): UserError {
  const known = Object.values(exitCodes).find((one) => one === code) ?? exitCodes.bug;
  return new UserError(known, { message: `trial ${trial}: ${message || `it ended with exit code ${code}`}` });
}
