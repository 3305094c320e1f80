/** A command's company: the other processes that a launcher has started with this one, joined, left, or told of a failure. */

import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import type { Launch } from "../cluster/launch.ts";
import type { MpiPeers } from "../cluster/mpi.ts";
import { alone, type Peers } from "../cluster/peers.ts";
import { availableCores, coresInAll } from "../support/cores.ts";
import { type ExitCode, exitCodes, sentence, UserError } from "../support/errors.ts";
import type { Failure } from "./failure.ts";

/** Milliseconds. */
const patience = 2000;

export class Company {
  private joined: MpiPeers | null = null;
  private hasParted = false;

  /** @param launch null: there is none */
  constructor(private readonly launch: Launch | null) {}

  /** Whether this process speaks to the user and writes files. */
  get isFirst(): boolean {
    return this.launch === null || this.launch.rank === 0;
  }

  /** Waits for all to be there. @throws UserError (exit code 5) when they cannot work together */
  async join(): Promise<Peers> {
    if (this.launch === null) return alone;
    const { openMpi } = await import("../cluster/mpi.ts");
    this.joined = await openMpi(this.launch);
    return this.joined;
  }

  /** The shared work is done: what fails now is this process's alone. Waits for all to say so. */
  part(): void {
    this.joined?.close();
    this.joined = null;
    this.hasParted = true;
  }

  /** @throws UserError (exit code 2) for a command that several processes would do several times */
  refuse(name: string): void {
    if (this.launch === null) return;
    throw new UserError(exitCodes.usage, {
      message: `nnt ${name} is the work of one process, and ${this.launch.launcher} has started ${this.launch.size}`,
      hint: "start it without mpirun; train, resume, eval and predict share their work",
    });
  }

  /**
   * This process has failed while all were at work: ends all of them. Of all but the first, the first is to tell the
   * user; where it does not, because it is busy or gone, this resolves with what is to be told here.
   */
  async fail({ exitCode, problems }: Failure): Promise<readonly string[]> {
    const { joined, launch } = this;
    if (launch === null || this.hasParted) return [];
    if (launch.rank === 0) {
      joined?.abort(exitCode);
      return [];
    }
    // Most failures are all processes' own, and when the first has told of its own, the launcher ends the others.
    if (joined) await joined.fail(exitCode as ExitCode, problems);
    else await setTimeout(patience);
    if (!joined && exitCode === exitCodes.usage) return [];
    return problems.map((problem) => `nnt: process ${launch.rank} on ${hostname()}: ${sentence(problem)}`);
  }

  /** Ends all processes. */
  abort(exitCode: number): void {
    this.joined?.abort(exitCode);
  }
}

/**
 * Threads for each process where the user names no number: all cores for one, and a share of them for each of several
 * on a machine, unless their launcher has given each its own.
 */
export function threadsFor({ hosts, rank, size }: Peers, asked: number | null): number | null {
  if (asked !== null || size === 1) return asked;
  const neighbours = hosts.filter((host) => host === hosts[rank]).length;
  return Math.max(1, Math.min(availableCores(), Math.floor(coresInAll() / neighbours)));
}
