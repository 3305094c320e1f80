/** The thread behind `newThread`: trains the runs that it is sent, one after the other. */
import { parentPort, threadId } from "node:worker_threads";
import { trainWatched } from "../run/sideBySide.ts";
import { train } from "../run/train.ts";
import { Interrupted, UserError } from "../support/errors.ts";
import { nameTemporariesBy } from "../support/files.ts";
import { requestFor } from "./request.ts";
import type { Failure, FromThread, RunForThread, ToThread } from "./threads.ts";

const port = parentPort!;
const tell = (message: FromThread) => port.postMessage(message);
let stop = new AbortController();

nameTemporariesBy(threadId);
port.on("message", (message: ToThread) => {
  if ("stop" in message) stop.abort(message.stop);
  else void run(message.run);
});
tell({ isReady: true });

async function run({ reports, follows, observes, ...options }: RunForThread): Promise<void> {
  stop = new AbortController();
  try {
    const { renderSpec, renderReport, follow } = await requestFor(options.spec);
    const own = {
      ...options,
      renderSpec,
      ...(reports && renderReport && { renderReport }),
      ...(follows && follow && { follow }),
      // What it is to be told is kept.
      ...(observes && { observe: () => ({ see: () => {} }) }),
      signal: stop.signal,
    };
    tell({ trained: await trainWatched(train, own, (event) => tell({ event })) });
  } catch (error) {
    tell({ failure: failureOf(error) });
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof UserError) return { exitCode: error.exitCode, problems: error.problems };
  return error instanceof Interrupted ? { signal: error.signal } : { bug: error };
}
