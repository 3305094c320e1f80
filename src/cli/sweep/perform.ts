/** A sweep from its spec to its leaderboard: what is asked, shown on the way and told at the end. */
import { join } from "node:path";
import { drawLeaderboard, leaderboardCsv } from "../../report/leaderboard.ts";
import { wantsRedrawing } from "../../report/style.ts";
import { type SweepView, sweepView } from "../../report/sweepProgress.ts";
import { counted, figure } from "../../report/text.ts";
import { loadData } from "../../run/assembly.ts";
import { type Journal, leaderboard, type ResultLine } from "../../search/journal.ts";
import { strategyOf, trialsOf } from "../../search/strategies.ts";
import { availableCores } from "../../support/cores.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { writeInside } from "../../support/inside.ts";
import type { Context } from "../command.ts";
import { type StopSignal, signalExitCodes } from "../signals.ts";
import { runSweep, type SweepEvent } from "./runSweep.ts";
import { loadSweep, openSweep, type Sweep, type SweepFiles } from "./setup.ts";

/** As `nnt sweep` takes it; null: not given. */
export interface SweepRequest {
  readonly set: readonly string[];
  readonly out: string | null;
  readonly resume: boolean;
  readonly trials: number | null;
  /** Seconds. */
  readonly maxTime: number | null;
  readonly jobs: number | null;
  readonly trial: number | null;
  readonly kernels: string | null;
  readonly json: boolean;
  readonly quiet: boolean;
}

const shownTrials = 10;

/** Gives the exit code. */
export async function performSweep(context: Context, file: string, options: SweepRequest): Promise<number> {
  const interruption = context.interruption();
  const search = loadSweep(file, options.set, options.trials);
  checkTrial(search, options.trial);
  // What every trial would be refused for is found before a byte is written.
  if (!options.resume && options.trial === null) (await loadData({ spec: search.sample })).close?.();
  const files = openSweep(search, { out: options.out, resume: options.resume || options.trial !== null });
  const known = files.journal.read();
  const { jobs, threads } = shareCores(search, options);
  const view = await viewOn(context, search, options);
  view?.note(`${files.directory}: ${counted(jobs, "trial")} at once, ${counted(threads, "thread")} each`);
  const timeIsUp = new AbortController();
  const milliseconds = 1000 * (options.maxTime ?? 0);
  const timer = options.maxTime === null ? undefined : setTimeout(() => timeIsUp.abort(), milliseconds);
  const signal = AbortSignal.any([interruption, timeIsUp.signal]);
  const trainOptions = ["--threads", String(threads), "--kernels", options.kernels ?? "auto"];
  let written: Promise<unknown> = Promise.resolve();
  const listen = (event: SweepEvent) => {
    if (view) show(view, event, known);
    if (event.event !== "result") return;
    writeBest(search, files);
    if (options.json) written = written.then(() => context.out.json(event.result));
  };
  try {
    const work = { jobs, only: options.trial, trainOptions, signal };
    const { journal, isComplete } = await runSweep(search, files, work, listen);
    view?.stop();
    await written;
    const stopped = interruption.aborted ? (interruption.reason as StopSignal) : "max_time";
    const reason = isComplete ? "trials" : stopped;
    await tellEnd(context, { file, search, files, journal, reason }, options);
    return reason === "trials" || reason === "max_time" ? 0 : signalExitCodes[reason];
  } finally {
    view?.stop();
    clearTimeout(timer);
  }
}

/** A job array's trial has to be whole, and there has to be one of this number. */
function checkTrial({ settings }: Sweep, trial: number | null): void {
  if (trial === null) return;
  const most = trialsOf(settings);
  if (settings.method.name === "halving")
    throw new UserError(exitCodes.usage, {
      message: "--trial: in a search by halving, trials continue only when others turn out worse",
      hint: "start nnt sweep with --out and --resume on each machine instead",
    });
  if (trial > most)
    throw new UserError(exitCodes.usage, {
      message: `--trial ${trial}: the search has ${counted(most, "trial")}`,
      hint: "raise it with --trials",
    });
}

/** As many trials at once as there are cores, and the cores that are left among them. */
function shareCores({ settings }: Sweep, options: SweepRequest): { jobs: number; threads: number } {
  const cores = availableCores();
  const most = strategyOf(settings).learns ? settings.parallel : Infinity;
  const jobs = options.trial !== null ? 1 : Math.min(options.jobs ?? cores, most, trialsOf(settings));
  return { jobs, threads: Math.max(1, Math.floor(cores / jobs)) };
}

async function viewOn(
  { err, env }: Context,
  search: Sweep,
  { quiet }: SweepRequest,
): Promise<SweepView | null> {
  if (quiet) return null;
  const { settings, mode } = search;
  return sweepView({
    stream: err.stream,
    style: await err.style(),
    metric: settings.metric,
    mode,
    trials: trialsOf(settings),
    redraws: wantsRedrawing(err.isTerminal, env),
  });
}

function show(view: SweepView, event: SweepEvent, before: Journal): void {
  if (event.event === "started") view.started(event.job);
  else if (event.event === "stopped") view.stopped(event.job);
  else if (event.event === "train") view.train(event.job, event.of);
  else view.result(event.result, before.resultOf(event.job) === undefined);
}

/** The leaderboard, and the best trial's spec, to be trained as it is. */
function writeBest({ mode, settings, specAt }: Sweep, files: SweepFiles): void {
  const board = leaderboard(files.journal.read(), mode);
  writeInside(files.leaderboard, [leaderboardCsv(board, settings.metric)]);
  const [best] = board;
  if (best?.value != null) writeInside(files.best, [specAt(best.point).textFor(files.directory)]);
}

interface Ended {
  /** As given. */
  readonly file: string;
  readonly search: Sweep;
  readonly files: SweepFiles;
  readonly journal: Journal;
  readonly reason: "trials" | "max_time" | StopSignal;
}

async function tellEnd(
  { out, err }: Context,
  ended: Ended,
  { json, quiet, trial }: SweepRequest,
): Promise<void> {
  const { search, files, journal, reason, file } = ended;
  const { metric } = search.settings;
  const board = leaderboard(journal, search.mode);
  const [best] = board;
  if (json) {
    const trials = board.map(({ event: _e, seconds: _s, ...result }) => result);
    await out.json({ event: "end", reason, directory: files.directory, metric, leaderboard: trials });
  }
  if (reason !== "trials" && !quiet) {
    const done = `${board.length} of ${counted(trialsOf(search.settings), "trial")}`;
    const style = await err.style();
    await err.line(
      `${style.dim("stopped")} after ${done}; continue with: nnt sweep ${file} --out ${files.directory} --resume`,
    );
  }
  if (reason === "trials" && trial === null && best && best.value === null) throw noneEnded(board);
  if (json || quiet || !best) return;
  const style = await out.style();
  const lines = drawLeaderboard(board, { metric, shown: shownTrials, style, width: out.columns });
  if (best.value !== null) {
    const model = join(files.runOf({ ...best }), "best.ckpt");
    lines.push(
      "",
      `best   trial ${best.trial}, ${metric} ${figure(best.value)}: ${style.bold(model)}`,
      `spec   ${files.best}`,
      `next   nnt eval ${model}`,
      `       nnt runs ${join(files.directory, "trials")} --sort ${metric}`,
    );
  }
  await out.lines(lines);
}

function noneEnded(board: readonly ResultLine[]): UserError {
  const { state, message = "" } = board[0]!;
  const code = board.every((one) => one.state === "diverged") ? exitCodes.diverged : exitCodes.usage;
  return new UserError(code, {
    message: `no trial produced a result; the first ${state === "diverged" ? "diverged" : "failed"}: ${message}`,
  });
}
