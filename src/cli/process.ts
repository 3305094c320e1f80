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

// Node resets the terminals it was started on when it ends, and aborts where one has been closed since.
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
      // A closed terminal is no reason to stop for who writes elsewhere.
      process.on(signal, () => (signal === "SIGHUP" && !stdout.isTTY ? undefined : listener(signal)));
    }
  },
  leave: (code) => process.exit(code),
});

/** A device that no longer answers as a terminal; other devices are none that anybody misses by now. */
function isClosedTerminal(file: number): boolean {
  try {
    return fstatSync(file).isCharacterDevice() && !isatty(file);
  } catch {
    return false; // it was closed before
  }
}
