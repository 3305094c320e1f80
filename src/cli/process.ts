/** Binds the program to the process it is started in: the only place that sets its exit code. */
import { closeSync, fstatSync, readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { main, report, stopSignals } from "./main.ts";
import { Output } from "./output.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const { env, stdout, stderr } = process;
const argv = process.argv.slice(2);

// Whoever started this process and keeps a channel to it wants its result: without them it ends, saving.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref(); // the channel alone is nothing to live for

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
