/** The whole program as a function: argv and streams in, exit code out. Touches no process of its own. */
import { type Readable, Writable } from "node:stream";
import { launchOf } from "../cluster/launch.ts";
import type { Environment } from "../report/style.ts";
import { Interrupted } from "../support/errors.ts";
import type { Context } from "./command.ts";
import { commands } from "./commands.ts";
import { Company } from "./company.ts";
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
  /** Calls `listener` for every SIGHUP that is no closed terminal, in place of `onSignal`'s. */
  readonly onReload: (listener: () => void) => void;
  /** Ends the process at once. */
  readonly leave: (code: number) => void;
}

/** Runs one command line. Never throws, never ends the process, except when a signal asks twice. */
export async function main(host: Host): Promise<number> {
  const launch = launchOf(host.env);
  const company = new Company(launch);
  const streamOf = (stream: OutputStream) => (launch ? forwarded(stream) : stream);
  const stderr = new Output("stderr", streamOf(host.stderr), host.env);
  const out = new Output("stdout", company.isFirst ? streamOf(host.stdout) : unheard(), host.env);
  const err = company.isFirst ? stderr : new Output("stderr", unheard(), host.env);
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
    company,
    interruption: interruption(host),
    onReload: host.onReload,
  };
  try {
    const { bold } = await out.style();
    const program = { commands, version: host.version };
    const request = await parse(host.argv, program, { columns: out.columns, title: bold });
    if ("print" in request) {
      await out.lines(request.print.replace(/\n$/, "").split("\n"));
      return 0;
    }
    if (!request.command.isShared) company.refuse(request.name);
    const code = await request.command.run(context, request.argument, request.options, request.all);
    company.part();
    return code;
  } catch (error) {
    const isQuiet = error instanceof ReaderGone || error instanceof Interrupted;
    const debug = host.argv.includes("--debug");
    const code = isQuiet ? quietCode(error) : await report(error, err, debug);
    if (isQuiet) company.abort(code);
    else await stderr.lines(await company.fail(failureOf(error, debug))).catch(nobodyToTell);
    company.abort(code);
    return code;
  } finally {
    opened?.destroy(); // or an open pipe would keep the process waiting
  }
}

function quietCode(error: ReaderGone | Interrupted): number {
  return error instanceof ReaderGone ? 0 : signalExitCodes[error.signal as StopSignal];
}

/** A stream of a process that leaves speaking to the first of its company. */
function unheard(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** A stream that a launcher passes on: a terminal to write to, perhaps, but not the one that the user looks at. */
function forwarded(stream: OutputStream): Writable {
  return new Writable({ write: (chunk, _encoding, done) => stream.write(chunk, done) });
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
