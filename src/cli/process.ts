/** Binds the program to the process it is started in: the only place that sets its exit code. */
import { closeSync, fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { main, report } from "./main.ts";
import { Output } from "./output.ts";
import { stopSignals } from "./signals.ts";
import { version } from "./version.ts";

const { env, stdout, stderr } = process;
const argv = process.argv.slice(2);

process.on("uncaughtException", async (error) => {
  process.exit(await report(error, new Output("stderr", stderr, env), argv.includes("--debug")));
});

// On exit Node resets the terminals it was started on, and aborts if one has been closed since.
process.on("exit", () => {
  for (const file of [0, 1, 2]) if (isClosedTerminal(file)) closeSync(file);
});

process.exitCode = await main({
  argv,
  env,
  version,
  stdin: () => process.stdin,
  stdout,
  stderr,
  onSignal(listener) {
    for (const signal of stopSignals) {
      // A closed terminal is no reason to stop a run whose output goes elsewhere.
      process.on(signal, () => (signal === "SIGHUP" && !stdout.isTTY ? undefined : listener(signal)));
    }
  },
  leave: (code) => process.exit(code),
});

/** A device that no longer answers as a terminal; by now it does not matter what other devices do. */
function isClosedTerminal(file: number): boolean {
  try {
    return fstatSync(file).isCharacterDevice() && !isatty(file);
  } catch {
    return false; // it was closed before
  }
}
