/** Threads that train runs beside this one: how they are started, and what is said between them and this one. */
import type { Trained, TrainOptions, TrainThread } from "../run/trainOptions.ts";
import { type ExitCode, exitCodes, Interrupted, type Problem, UserError } from "../support/errors.ts";
import { startThread } from "../support/threads.ts";
import type { Listener, TrainEvent } from "../train/events.ts";

/** What of a run's options a thread can be sent; what it is to do besides, it finds itself. */
export interface RunForThread
  extends Omit<
    TrainOptions,
    "signal" | "renderSpec" | "renderReport" | "follow" | "observe" | "newThread" | "peers" | "sharedMemory"
  > {
  readonly reports: boolean;
  readonly follows: boolean;
  readonly observes: boolean;
}

export type ToThread = { readonly run: RunForThread } | { readonly stop: unknown };

/** What a run ended with that has thrown. */
export type Failure =
  | { readonly exitCode: ExitCode; readonly problems: readonly Problem[] }
  | { readonly signal: string }
  | { readonly bug: unknown };

export type FromThread =
  | { readonly isReady: true }
  | { readonly event: TrainEvent }
  | { readonly trained: Trained }
  | { readonly failure: Failure };

interface Waiting {
  resolve(trained: Trained): void;
  reject(error: unknown): void;
  readonly listen: Listener;
}

/** Starts a thread. */
export function newThread(): TrainThread {
  const worker = startThread("trainThread");
  let waiting: Waiting | null = null;
  let begin!: () => void;
  let fall!: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => {
    begin = resolve;
    fall = reject;
  });
  const fail = (error: Error) => {
    fall(error);
    waiting?.reject(isOutOfMemory(error) ? noMemory(error) : error);
    waiting = null;
  };
  worker.on("message", (message: FromThread) => {
    if ("isReady" in message) begin();
    else if ("event" in message) waiting!.listen(message.event);
    else {
      const { resolve, reject } = waiting!;
      waiting = null;
      if ("trained" in message) resolve(message.trained);
      else reject(errorOf(message.failure));
    }
  });
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`a thread ended with exit code ${code}`)));
  return {
    ready,
    train(options, listen) {
      const { signal } = options;
      const stop = () => worker.postMessage({ stop: signal.reason } satisfies ToThread);
      const trained = new Promise<Trained>((resolve, reject) => {
        waiting = { resolve, reject, listen };
      });
      worker.postMessage({ run: sent(options) } satisfies ToThread);
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      return trained.finally(() => signal.removeEventListener("abort", stop));
    },
    async close() {
      worker.removeAllListeners("exit");
      await worker.terminate();
    },
  };
}

function sent(options: TrainOptions): RunForThread {
  const { renderReport, follow, observe, ...others } = options;
  const { signal: _, renderSpec: __, newThread: ___, peers: ____, sharedMemory: _____, ...told } = others;
  const { spec, file, baseDirectory } = options.spec;
  return {
    ...told,
    spec: { spec, file, baseDirectory },
    reports: renderReport !== undefined,
    follows: follow !== undefined,
    observes: observe !== undefined,
  };
}

function errorOf(failure: Failure): unknown {
  if ("bug" in failure) return failure.bug;
  return "signal" in failure
    ? new Interrupted(failure.signal)
    : new UserError(failure.exitCode, failure.problems);
}

const isOutOfMemory = (error: Error) => (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";

function noMemory(cause: Error): UserError {
  const problem = {
    message: "not enough memory: a thread that trains has used all that it may",
    hint: "--threads 1 trains one network at a time",
  };
  return new UserError(exitCodes.io, problem, { cause });
}
