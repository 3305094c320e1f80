/** Binds the program to the process it is started in: the only place that sets its exit code. */
import { closeSync, fstatSync, readFileSync } from "node:fs";
import { Writable } from "node:stream";
import { exitCodes } from "../support/errors.ts";
import { version } from "../support/version.ts";
import { main, report } from "./main.ts";
import { Output } from "./output.ts";
import { stopSignals } from "./signals.ts";

const { env, stdout, stderr } = process;
const argv = process.argv.slice(2);

process.on("uncaughtException", async (error) => {
  process.exit(await report(error, new Output("stderr", stderr, env), argv.includes("--debug")));
});

// On exit Node resets the terminals it was started on, and aborts if one has been closed since.
process.on("exit", () => {
  for (const file of [0, 1, 2]) if (isClosedTerminal(file)) closeSync(file);
});

let reload: (() => void) | null = null;

process.exitCode = exitCodes.bug; // unless it comes to an end
main({
  argv,
  env,
  version,
  stdin: () => process.stdin,
  stdout: wasClosed(1) ? lost() : stdout,
  stderr,
  onSignal(listener) {
    for (const signal of stopSignals) {
      process.on(signal, () => {
        if (signal === "SIGHUP" && reload !== null && !(stdout.isTTY && isClosedTerminal(1))) reload();
        // A closed terminal is no reason to stop a run whose output goes elsewhere.
        else if (signal !== "SIGHUP" || stdout.isTTY) listener(signal);
      });
    }
  },
  onReload(listener) {
    reload = listener;
  },
  leave: (code) => process.exit(code),
}).then((code) => {
  process.exitCode = code;
});

/** A device that no longer answers as a terminal; by now it does not matter what other devices do. */
function isClosedTerminal(file: number): boolean {
  try {
    if (!fstatSync(file).isCharacterDevice()) return false;
    // A terminal has loaded it; in a pipe there is no need to.
    return !process.getBuiltinModule("node:tty").isatty(file);
  } catch {
    return false; // it was closed before
  }
}

/**
 * Whether nnt was started without it (`>&-`): Node then puts the null device there, open to be read as well. So does who
 * starts a program and ignores what it says, hence no more than a warning. False where the system does not tell.
 */
function wasClosed(file: number): boolean {
  const readAndWrite = 0o2;
  const nullDevice = 0x103;
  try {
    const [, flags = ""] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, "utf8")) ?? [];
    return (Number.parseInt(flags, 8) & 0o3) === readAndWrite && fstatSync(file).rdev === nullDevice;
  } catch {
    return false;
  }
}

/** Takes what nobody will read, and says so once. */
function lost(): Writable {
  let isTold = false;
  return new Writable({
    write(_chunk, _encoding, done) {
      if (!isTold)
        stderr.write("warning: stdout is closed: the result is lost; > /dev/null says that it may be\n");
      isTold = true;
      done();
    },
  });
}
