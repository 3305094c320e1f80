/** A process that takes the lock of a directory, says what came of it, and holds it until it is killed. */

import { lockDirectory } from "../../src/checkpoint/lock.ts";
import { UserError } from "../../src/support/errors.ts";

const [directory = "", start = "0"] = process.argv.slice(2);
// So that several try at the same moment.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, Number(start) - Date.now()));
try {
  lockDirectory(directory);
  console.log("held");
  setInterval(() => {}, 1000);
} catch (error) {
  console.log(error instanceof UserError ? `exit ${error.exitCode}` : String(error));
}
