/**
 * The process behind `Trainers`: runs the command lines it is sent, one after the other, as if each had been
 * started by itself. Ends when whoever started it is gone, a run under way saving first.
 */
import { Writable } from "node:stream";
import { version } from "../../support/version.ts";
import { main, report } from "../main.ts";
import { Output } from "../output.ts";
import { type StopSignal, signalExitCodes, stopSignals } from "../signals.ts";
import type { FromTrainer, ToTrainer } from "./trainers.ts";

const leaveBy = (signal: StopSignal) => process.exit(signalExitCodes[signal]);
let stop: (signal: StopSignal) => void = leaveBy;

for (const signal of stopSignals) process.on(signal, () => stop(signal));
process.on("disconnect", () => stop("SIGTERM"));
process.on("uncaughtException", async (error) => {
  process.exit(await report(error, new Output("stderr", process.stderr, process.env), false));
});

process.on("message", async ({ argv }: ToTrainer) => {
  const code = await main({
    argv,
    env: process.env,
    version,
    stdin: () => process.stdin,
    stdout: messages((out) => ({ out })),
    stderr: messages((err) => ({ err })),
    onSignal(listener) {
      stop = listener;
    },
    onReload() {},
    leave: (code) => process.exit(code),
  });
  stop = leaveBy;
  if (process.connected) tell({ code });
  else process.exit(code);
});

/** A stream whose text goes to whoever started this process; nowhere once they are gone. */
function messages(of: (text: string) => FromTrainer): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      if (process.connected) tell(of(String(chunk)), done);
      else done();
    },
  });
}

function tell(message: FromTrainer, done?: () => void): void {
  process.send!(message, undefined, undefined, () => done?.());
}
