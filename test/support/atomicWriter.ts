/** A process that replaces a file by 100 kB of "n" and says what came of it. */

import { UserError } from "../../src/support/errors.ts";
import { atomicWrite } from "../../src/support/files.ts";

try {
  atomicWrite(process.argv[2]!, ["n".repeat(100_000)]);
  console.log("written");
} catch (error) {
  console.log(error instanceof UserError ? `${error.exitCode} ${error.message}` : String(error));
}
