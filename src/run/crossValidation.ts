/**
 * Cross-validation: one run per fold, trained on the other folds and evaluated on its own, in `fold-1`, `fold-2` …
 * of the run's directory. The predictions for all folds go to `out_of_fold.csv`.
 */
import type { Run } from "../checkpoint/runDirectory.ts";
import { alone } from "../cluster/peers.ts";
import { fromFirst } from "../cluster/talk.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { type Blended, Blending } from "../evaluate/blending.ts";
import { widthsOf } from "../evaluate/measure.ts";
import { OutOfFold } from "../evaluate/outOfFold.ts";
import type { Folds, Summary } from "../evaluate/runSummary.ts";
import { spreadOf } from "../evaluate/spread.ts";
import type { Watcher } from "../evaluate/watchers.ts";
import { type Evaluation, evaluation } from "../metrics/evaluation.ts";
import { answersOf, taskOf } from "../tasks/tasks.ts";
import { type Figures, isSignal, type Listener, type StopReason } from "../train/events.ts";
import { commonEpoch, flatteryOf, foldJobs, foldLosses, foldModels, type ObserveFold } from "./foldRuns.ts";
import { SideBySide } from "./sideBySide.ts";
import type { TrainOptions } from "./trainOptions.ts";

type RunFold = (options: TrainOptions, listen: Listener) => Promise<Summary>;

/**
 * Trains all folds that are not finished, and evaluates them. Returns a reason instead of metrics if it was stopped;
 * resuming the run then resumes its folds.
 * @param secondsLeft null: no limit
 * @throws UserError as `train`
 */
export async function crossValidate(
  options: TrainOptions,
  run: Run,
  preprocessing: Preprocessing,
  secondsLeft: () => number | null,
  train: RunFold,
  listen: Listener,
): Promise<CrossValidation | StopReason> {
  const { spec } = options.spec;
  const { peers = alone } = options;
  const count = spec.train.folds! * (spec.train.repeats ?? 1);
  const outOfFold = new OutOfFold();
  const pooled = new Pooled(preprocessing);
  const figures: Figures[] = [];
  const sizes: number[] = [];
  const blending = spec.blend && peers.rank === 0 ? new Blending(preprocessing) : null; // the first has the answers
  const networks = Array.from({ length: 1 + (spec.blend?.length ?? 0) }, (_, network) => network);
  const observe: ObserveFold =
    (number) =>
    (preprocessing, { indices }) =>
      blending?.watcher(number, indices) ?? both(outOfFold.observer(preprocessing, indices, number), pooled);
  /** Trains all folds of all networks; why that was stopped, or null. */
  const trainAll = (watch: ObserveFold | null, epochs: readonly number[] | null) => {
    const jobs = foldJobs(
      { options, directory: run.directory, preprocessing, secondsLeft, listen },
      watch,
      epochs,
    );
    return inOrder(jobs, new SideBySide(jobs, { options, train, isLast }), ({ network }, summary) => {
      if (watch) figures.push(summary.metrics[spec.train.combine ? "validation" : "test"]!);
      sizes[network] = summary.parameters;
    });
  };
  const isRemeasured = spec.train.combine === "average_remeasured";
  const stopped = await trainAll(isRemeasured ? null : observe, null);
  if (stopped) return stopped;
  const losses = (network: number) => foldLosses(run.directory, count, network);
  if (isRemeasured) {
    const epochs = await fromFirst(peers, () => networks.map((network) => commonEpoch(losses(network))));
    const stopped = await trainAll(observe, epochs);
    if (stopped) return stopped;
  }
  const blended = blending?.result(
    networks.map((network) => ({
      flattery: isRemeasured ? 1 : flatteryOf(losses(network)),
      parameters: sizes[network]!,
    })),
  );
  if (blended) {
    figures.splice(0, Infinity, ...figuresOf(blended.rows, count, preprocessing));
    for (const { row, fold, predictions, targets, S } of blended.rows)
      both(outOfFold.observer(preprocessing, Int32Array.of(row), fold), pooled).see(
        predictions,
        targets,
        0,
        S,
      );
  }
  run.write("folds", outOfFold.text());
  return {
    folds: { count, metrics: spreadOf(figures) },
    outOfFold: {
      loss: figures.reduce((sum, figure) => sum + figure.loss! / count, 0),
      evaluation: pooled.evaluation,
    },
    models: networks.map((network) => foldModels(run.directory, count, network)),
    votes: blended?.votes ?? [1],
  };
}

const isLast = ({ reason }: Summary) => isSignal(reason) || reason === "max_time";

/** Tells each job's summary; why they were stopped, or null. */
async function inOrder<J>(
  jobs: readonly J[],
  runs: SideBySide,
  tell: (job: J, summary: Summary) => void,
): Promise<StopReason | null> {
  try {
    for (const [number, job] of jobs.entries()) {
      const summary = await runs.result(number);
      if (isLast(summary)) return summary.reason;
      tell(job, summary);
    }
  } finally {
    await runs.close();
  }
  return null;
}

/** The blend's figures, fold by fold. */
function figuresOf(rows: readonly Blended[], count: number, preprocessing: Preprocessing): Figures[] {
  return Array.from({ length: count }, (_, fold) => {
    const own = rows.filter((row) => row.fold === fold + 1);
    const { evaluation, see } = new Pooled(preprocessing);
    for (const { predictions, targets } of own) see(predictions, targets);
    return { loss: own.reduce((sum, { loss }) => sum + loss / own.length, 0), ...evaluation.result() };
  });
}

/** What cross-validation found. */
export interface CrossValidation {
  readonly folds: Folds;
  /** Of all rows, each predicted by the model that was trained without it; the loss is the folds' mean. */
  readonly outOfFold: { readonly loss: number; readonly evaluation: Evaluation };
  /** The files of the folds' best models, of each network. */
  readonly models: readonly (readonly string[])[];
  /** How often each network's answer counts. */
  readonly votes: readonly number[];
}

/** The figures of all folds' rows together. */
class Pooled implements Watcher {
  readonly evaluation: Evaluation;

  constructor({ target }: Preprocessing) {
    const answers = answersOf(target);
    this.evaluation = evaluation(taskOf(target.task).metrics, answers.kind, widthsOf(answers), {
      hasIntervals: true,
      quantiles: answers.quantiles,
      targets: answers.names,
    });
  }

  readonly see = (predictions: Float64Array, targets: Float64Array): void => {
    this.evaluation.add(predictions, targets);
  };
}

const both = (one: Watcher, other: Watcher): Watcher => ({
  see(...batch) {
    one.see(...batch);
    other.see(...batch);
  },
});
