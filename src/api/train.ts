/** Training as a sequence of events. */
import { join } from "node:path";
import { type RunMode, runFiles } from "../checkpoint/runDirectory.ts";
import { type LoadedSpec, loadSpec, parseSpec } from "../config/load.ts";
import type { SpecInput } from "../config/specInput.ts";
import type { BackendName } from "../engine/backend.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import { train as runTraining } from "../run/train.ts";
import { UserError } from "../support/errors.ts";
import { version } from "../support/version.ts";
import type { TrainEvent } from "../train/events.ts";
import { Channel } from "./channel.ts";
import { told } from "./errors.ts";
import { requestFor } from "./request.ts";

export interface TrainSettings {
  /** The run's directory; absent: `runs/<name>`, or the next free `runs/<name>-2` … */
  readonly out?: string;
  /** What to do where `out` holds a run; absent: refuse. */
  readonly mode?: "overwrite" | "resume";
  /** Aborted: the run stops within its epoch and saves, to be resumed; the last event says `aborted`. */
  readonly signal?: AbortSignal;
  /** Stop after so many seconds, saved. */
  readonly maxSeconds?: number;
  /** `"a.b=value"`, as `--set`; later ones win. */
  readonly set?: readonly string[];
  /** Data warnings are errors. */
  readonly strict?: boolean;
  readonly kernels?: "auto" | BackendName;
  /** Compute threads; absent: all cores. */
  readonly threads?: number;
}

export interface Trained {
  readonly directory: string;
  /** The best model's file. */
  readonly model: string;
  readonly summary: Summary;
}

/** A run under way. Its events are taken by `for await`; leaving that loop stops the run. */
export interface Training extends AsyncIterable<TrainEvent> {
  /** Rejects as the loop throws: with an `NntError`. */
  readonly done: Promise<Trained>;
}

/**
 * Trains the network that a spec describes, as `nnt train`: the same run, bit for bit.
 * @param spec a file, or an object whose relative paths start in the working directory
 */
export function train(spec: string | SpecInput, settings: TrainSettings = {}): Training {
  const stop = new AbortController();
  const abort = () => stop.abort("aborted");
  if (settings.signal?.aborted) abort();
  settings.signal?.addEventListener("abort", abort, { once: true });
  // Of how far an epoch is, only the latest is news.
  const events = new Channel<TrainEvent>((value, before) =>
    [value, before].every(({ event }) => event === "progress"),
  );
  const done = trained(spec, settings, stop.signal, (event) => events.put(event))
    .then(
      (result) => {
        events.end();
        return result;
      },
      (error) => {
        const failure = told(error);
        events.fail(failure);
        throw failure;
      },
    )
    .finally(() => settings.signal?.removeEventListener("abort", abort));
  done.catch(() => {}); // told by the loop as well
  return {
    done,
    async *[Symbol.asyncIterator]() {
      try {
        yield* events.take();
      } finally {
        abort();
        await done.catch(() => {});
      }
    },
  };
}

async function trained(
  given: string | SpecInput,
  settings: TrainSettings,
  signal: AbortSignal,
  tell: (event: TrainEvent) => void,
): Promise<Trained> {
  const mode: RunMode = settings.mode ?? "fresh";
  const { out = null, maxSeconds = null, strict = false, set = [] } = settings;
  const { kernels = "auto", threads = null } = settings;
  const spec = specOf(given, set);
  let directory = "";
  const listen = (event: TrainEvent) => {
    if (event.event === "end" && event.fold === undefined) directory = event.directory;
    tell(event);
  };
  const request = { ...(await requestFor(spec)), out, mode, maxSeconds, signal, version };
  const summary = await runTraining(
    { ...request, kernels, threads, load: { strict, profile: true } },
    listen,
  );
  return { directory, model: join(directory, runFiles.best), summary };
}

/** The problems of an object have paths in it, and no lines. */
function specOf(given: string | SpecInput, set: readonly string[]): LoadedSpec {
  if (typeof given === "string") return loadSpec(given, { set });
  try {
    return parseSpec(JSON.stringify(given, null, 1), "run", { set });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problems = error.problems.map(({ file: _, line: __, column: ___, ...problem }) => problem);
    throw new UserError(error.exitCode, problems, { cause: error });
  }
}
