/** The whole program as a function: argv and streams in, exit code out. Touches no process of its own. */
import type { Readable } from "node:stream";
import type { Environment } from "../report/style.ts";
import { Interrupted } from "../support/errors.ts";
import type { Context } from "./command.ts";
import { commands } from "./commands.ts";
import { failureOf } from "./failure.ts";
import { annotate } from "./notices.ts";
import { Output, type OutputStream, ReaderGone } from "./output.ts";
import { parse } from "./parser.ts";
import { type StopSignal, signalExitCodes } from "./signals.ts";

/** What the program needs of the process it lives in. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly version: string;
  /** Opens stdin; called only by commands that read it. */
  readonly stdin: () => Readable;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Calls `listener` for every signal to stop from now on; a closed terminal counts where it was stdout. */
  readonly onSignal: (listener: (signal: StopSignal) => void) => void;
  /** Ends the process at once. */
  readonly leave: (code: number) => void;
}

/** Runs one command line. Never throws, never ends the process, except when a signal asks twice. */
export async function main(host: Host): Promise<number> {
  const out = new Output("stdout", host.stdout, host.env);
  const err = new Output("stderr", host.stderr, host.env);
  let opened: Readable | undefined;
  const context: Context = {
    env: host.env,
    version: host.version,
    commands,
    stdin: () => {
      opened ??= host.stdin();
      return opened;
    },
    out,
    err,
    interruption: interruption(host),
  };
  try {
    const { bold } = await out.style();
    const program = { commands, version: host.version };
    const request = await parse(host.argv, program, { columns: out.columns, title: bold });
    if ("print" in request) {
      await out.lines(request.print.replace(/\n$/, "").split("\n"));
      return 0;
    }
    return await request.command.run(context, request.argument, request.options, request.all);
  } catch (error) {
    if (error instanceof ReaderGone) return 0;
    if (error instanceof Interrupted) return signalExitCodes[error.signal as StopSignal];
    return await report(error, err, host.argv.includes("--debug"));
  } finally {
    opened?.destroy(); // or an open pipe would keep the process waiting
  }
}

/** Reports a failure on stderr; gives its exit code. */
export async function report(error: unknown, err: Output, debug: boolean): Promise<number> {
  const { exitCode, lines, problems } = failureOf(error, debug);
  const { bad, dim } = await err.style();
  const coloured = lines.map((line) => line.replace(/^nnt:/, bad).replace(/^hint:/, dim));
  await err.lines(coloured).catch(nobodyToTell);
  await annotate(err, "error", problems).catch(nobodyToTell);
  return exitCode;
}

function interruption(host: Host): () => AbortSignal {
  const controller = new AbortController();
  let isAwaited = false;
  host.onSignal((signal) => {
    if (!isAwaited || controller.signal.aborted) host.leave(signalExitCodes[signal]);
    controller.abort(signal);
  });
  return () => {
    isAwaited = true;
    return controller.signal;
  };
}

/** stderr itself is gone: only the exit code can say it. */
function nobodyToTell(): void {}
