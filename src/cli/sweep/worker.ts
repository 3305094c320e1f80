/** Who takes part in a sweep: a claim per process, touched while it lives, so that other machines can tell. */
import { join } from "node:path";
import { type Claim, lookAt, makeClaim } from "../../support/claim.ts";
import { ioProblem } from "../../support/files.ts";
import { makeInnerFolder } from "../../support/inside.ts";
import { formatIdentity, parseIdentity, thisProcess } from "../../support/processes.ts";

export class Worker {
  readonly name = formatIdentity(thisProcess());
  private readonly claim: Claim;

  constructor(private readonly directory: string) {
    makeInnerFolder(directory);
    try {
      this.claim = makeClaim(join(directory, this.name));
      this.claim.hold();
    } catch (error) {
      throw ioProblem(error, directory, "write");
    }
  }

  /** Whether a process that took part has ended, or has not been heard of for too long. */
  isGone(name: string): boolean {
    if (name === this.name) return false;
    const identity = parseIdentity(name);
    if (identity === null) return true;
    try {
      return lookAt(join(this.directory, name), identity)?.isGone ?? true;
    } catch (error) {
      throw ioProblem(error, this.directory, "read");
    }
  }

  leave(): void {
    this.claim.release();
  }
}
