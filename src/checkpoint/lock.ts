/**
 * One writer per directory, without a lock that a killed process could leave closed.
 *
 * Everyone who wants the directory puts a claim there, an empty file whose name says who it is, and only
 * then looks at the claims of others: of two, at least one sees the other. Whoever sees none holds the
 * directory and says so by filling its claim; of several that claim at the same moment the first by name
 * stays and the others withdraw. Claims of processes that are gone count for nothing and are removed; whether one is
 * gone, `support/claim.ts` tells.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Claim, lookAt, makeClaim, patience, type Seen } from "../support/claim.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { ioProblem, removeIfThere } from "../support/files.ts";
import {
  formatIdentity,
  liveness,
  type ProcessIdentity,
  parseIdentity,
  thisProcess,
} from "../support/processes.ts";

export interface Lock {
  /** Throws UserError(io) where the directory was taken from this process, which had been silent for too long. */
  check(): void;
  /** Gives the directory back; a second call does nothing. */
  release(): void;
}

/** Claims a directory for this process. Throws UserError(io) when another one has it. */
export function lockDirectory(directory: string): Lock {
  const own = claimPrefix + formatIdentity(thisProcess());
  let claim: Claim;
  try {
    // A process that claims twice would meet its own claim here.
    claim = makeClaim(join(directory, own));
  } catch (error) {
    const isOwn = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw isOwn ? inUse(directory, thisProcess()) : ioProblem(error, directory, "lock the directory");
  }
  try {
    settle(directory, own);
    claim.hold();
  } catch (error) {
    claim.release();
    throw ioProblem(error, directory, "lock the directory");
  }
  return {
    check() {
      if (claim.isLost()) throw takenAway(directory);
    },
    release: () => claim.release(),
  };
}

/** Who holds a directory or wants it, processes that are gone not counted. Throws UserError(io). */
export function holdersOf(directory: string): ProcessIdentity[] {
  try {
    return otherClaims(directory, "").map(({ identity }) => identity);
  } catch (error) {
    throw ioProblem(error, directory, "read");
  }
}

const claimPrefix = ".nnt-lock-";

/** Claims settle in microseconds; a process stopped in between is not waited for longer than this. */
const settling = { rounds: 200, milliseconds: 10 };

/** Returns when nobody else has or wants the directory; throws when somebody has it, or comes first. */
function settle(directory: string, own: string): void {
  for (let round = 0; ; round++) {
    const rivals = otherClaims(directory, own);
    if (rivals.length === 0) return;
    const winner = rivals.find(({ isHeld, name }) => isHeld || name < own || round === settling.rounds);
    if (winner) throw inUse(directory, winner.identity);
    // All others claim too and come after: they withdraw as soon as they look.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, settling.milliseconds);
  }
}

interface Rival extends Seen {
  readonly name: string;
  readonly identity: ProcessIdentity;
}

/** The claims of others, those of processes that are gone removed. */
function otherClaims(directory: string, own: string): Rival[] {
  const claims: Rival[] = [];
  for (const name of readdirSync(directory)) {
    const identity =
      name.startsWith(claimPrefix) && name !== own ? parseIdentity(name.slice(claimPrefix.length)) : null;
    const seen = identity && lookAt(join(directory, name), identity);
    if (seen?.isGone) removeIfThere(join(directory, name));
    else if (seen) claims.push({ name, identity: identity!, ...seen });
  }
  return claims;
}

function inUse(directory: string, identity: ProcessIdentity): UserError {
  const { pid, host, boot, namespace } = identity;
  const own = thisProcess();
  const isOwn = pid === own.pid && boot === own.boot && namespace === own.namespace;
  const isSeen = liveness(identity) !== "unknown";
  const where = isSeen ? "" : host === own.host ? " in another container" : ` on host ${host}`;
  return new UserError(exitCodes.io, {
    file: directory,
    message: `the directory is in use by ${isOwn ? "this process" : `process ${pid}${where}`}`,
    expected: "one training per directory",
    hint: isSeen
      ? "wait for it, or choose another --out"
      : `if it has ended, the directory is free ${patience.secondsOfSilence} s after its last heartbeat`,
  });
}

function takenAway(directory: string): UserError {
  const seconds = patience.secondsOfSilence;
  return new UserError(exitCodes.io, {
    file: directory,
    message: `another process has taken the directory, because this one gave no heartbeat for ${seconds} s`,
    expected: "a process that is not suspended for so long",
    hint: "the other process continues from what was saved before",
  });
}
