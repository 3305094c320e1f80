/** The news that a run has left the finite numbers. */
import { exitCodes, UserError } from "../support/errors.ts";

export class Diverged extends UserError {
  constructor(what: string) {
    super(exitCodes.diverged, { message: what, expected: "finite numbers" });
  }
}
