/** Processes that MPI connects: the addon that `npm run build:mpi` builds, found, loaded and opened. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ExitCode, exitCodes, type Problem, UserError } from "../support/errors.ts";
import { ownFile } from "../support/ownFile.ts";
import type { Launch, LauncherName } from "./launch.ts";
import {
  type Channel,
  channels,
  type Peers,
  type SharedMemory,
  type Transfer,
  type Values,
} from "./peers.ts";
import { sharedMemory } from "./sharedMemory.ts";
import { consult } from "./talk.ts";

/** What kernels/mpi/mpi.c exports. */
interface Addon {
  implementation(): Implementation;
  library(): string;
  source(): string;
  open(): void;
  rank(): number;
  size(): number;
  host(): string;
  post(isSend: number, peer: number, channel: number, values: Values): number;
  look(message: number): number;
  wait(message: number, milliseconds: number): number;
  news(): string;
  tell(text: string): void;
  abort(code: number): void;
  close(): void;
  memoryFile(): number;
  map(file: number, bytes: number): ArrayBuffer;
}

const implementations = ["openmpi", "mpich", "other"] as const;
type Implementation = (typeof implementations)[number];

/** Whose launchers number processes so. Of the others any may be meant. */
const launchedBy: Partial<Record<LauncherName, Implementation>> = { "Open MPI": "openmpi", MPICH: "mpich" };

/** After so long without an answer JavaScript gets to look up: for signals. */
const waitMilliseconds = 20;
/** The same for what else may be gone on with. */
const lookMilliseconds = 0.2;
/** How long the first process has to tell of another's failure before that one does. */
const patience = { rounds: 50, milliseconds: 100 };

const require = createRequire(import.meta.url);
const fileOf = (implementation: Implementation) =>
  fileURLToPath(ownFile(`build/nnt-mpi-${implementation}.node`));

/** How a process failed: what the first is told. */
interface Failure {
  readonly rank: number;
  readonly host: string;
  readonly exitCode: ExitCode;
  readonly problems: readonly Problem[];
}

export interface MpiPeers extends Peers {
  /** Their numbers on their machines. */
  readonly pids: readonly number[];
  /** Leaves the others, when all are ready to. */
  close(): void;
  /** Ends all processes at once. */
  abort(exitCode: number): void;
  /** Tells the first process of a failure, and resolves only if that does nothing about it. */
  fail(exitCode: ExitCode, problems: readonly Problem[]): Promise<void>;
}

/**
 * Joins the other processes.
 * @throws UserError (exit code 5) that says what is to be built, or started otherwise
 */
export async function openMpi(launch: Launch): Promise<MpiPeers> {
  if (launch.launcher === "Slurm") throw withoutMpi(launch);
  const addon = loadMpi(launch);
  addon.open();
  if (addon.size() !== launch.size) throw notOne(launch, addon);
  const peers = new Mpi(addon);
  const all = await consult(peers, { host: addon.host(), pid: process.pid }, (all) => all);
  peers.hosts = all.map(({ host }) => host);
  peers.pids = all.map(({ pid }) => pid);
  return peers;
}

/** What was built here for several processes, each with the library it was built with, or why none can be used. */
export function mpiHere(): { outcome: string; opened: boolean }[] {
  const built = implementations.filter((implementation) => existsSync(fileOf(implementation)));
  if (built.length === 0)
    return [
      { outcome: "for several processes: not built; `npm run build:mpi` does, with mpicc", opened: false },
    ];
  return built.map((implementation) => {
    try {
      return { outcome: `for several processes: ${load(implementation).library()}`, opened: true };
    } catch (error) {
      return { outcome: `for several processes: ${(error as Error).message}`, opened: false };
    }
  });
}

class Mpi implements MpiPeers {
  hosts: readonly string[] = [];
  pids: readonly number[] = [];
  readonly rank: number;
  readonly size: number;
  readonly traffic = { bytesSent: 0, secondsWaiting: 0 };
  readonly shared: SharedMemory;

  constructor(private readonly addon: Addon) {
    this.rank = addon.rank();
    this.size = addon.size();
    this.shared = sharedMemory(addon, (rank) => this.pids[rank]!);
  }

  send(to: number, channel: Channel, values: Values): Transfer {
    if (channel !== channels.talk) this.traffic.bytesSent += values.byteLength;
    return new Message(this.addon, this.addon.post(1, to, channel, values), to, channel, values);
  }

  receive(from: number, channel: Channel, values: Values): Transfer {
    return new Message(this.addon, this.addon.post(0, from, channel, values), from, channel, values);
  }

  async settle(transfer: Transfer, meanwhile?: () => void): Promise<void> {
    const message = transfer as Message;
    if (message.isOver()) return;
    const began = performance.now();
    await this.waitFor(message, meanwhile);
    if (message.channel !== channels.talk) this.traffic.secondsWaiting += (performance.now() - began) / 1000;
  }

  private async waitFor(message: Message, meanwhile: (() => void) | undefined): Promise<void> {
    let milliseconds = 0;
    while (!message.waitFor(meanwhile ? lookMilliseconds : waitMilliseconds)) {
      milliseconds += meanwhile ? lookMilliseconds : waitMilliseconds;
      meanwhile?.();
      if (milliseconds < waitMilliseconds) continue;
      milliseconds = 0;
      const news = this.addon.news();
      if (news !== "") throw failureTold(JSON.parse(news) as Failure);
      await setImmediate();
    }
  }

  close(): void {
    this.addon.close();
  }

  abort(exitCode: number): void {
    this.addon.abort(exitCode);
  }

  async fail(exitCode: ExitCode, problems: readonly Problem[]): Promise<void> {
    const failure: Failure = { rank: this.rank, host: this.addon.host(), exitCode, problems };
    this.addon.tell(shortened(failure));
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    for (let round = 0; round < patience.rounds; round++) {
      this.addon.news();
      Atomics.wait(nothing, 0, 0, patience.milliseconds);
    }
  }
}

class Message implements Transfer {
  private over = false;

  constructor(
    private readonly addon: Addon,
    private readonly number: number,
    private readonly peer: number,
    readonly channel: Channel,
    /** Kept from being collected as long as they are under way. */
    readonly values: Values,
  ) {}

  isOver(): boolean {
    return this.over || this.take(this.addon.look(this.number));
  }

  /** False when the time is over, or another process has failed. */
  waitFor(milliseconds: number): boolean {
    return this.over || this.take(this.addon.wait(this.number, milliseconds));
  }

  private take(outcome: number): boolean {
    this.over = outcome === 1;
    if (outcome === 2)
      throw new UserError(exitCodes.io, { message: `process ${this.peer} cannot be reached any more` });
    return this.over;
  }
}

/** The text of the news, which has to fit into a message; of many problems the first will do. */
function shortened(failure: Failure): string {
  const text = JSON.stringify(failure);
  if (text.length < 4000) return text;
  const [first] = failure.problems;
  return JSON.stringify({ ...failure, problems: [{ ...first, message: first!.message.slice(0, 1000) }] });
}

function failureTold({ rank, host, exitCode, problems }: Failure): UserError {
  const who = `process ${rank} on ${host}`;
  const named = ({ file, ...problem }: Problem): Problem =>
    file ? { ...problem, file: `${who}: ${file}` } : { ...problem, message: `${who}: ${problem.message}` };
  return new UserError(exitCode, problems.map(named));
}

function loadMpi(launch: Launch): Addon {
  const wanted = launchedBy[launch.launcher];
  const candidates = wanted ? [wanted] : implementations;
  const found = candidates.find((implementation) => existsSync(fileOf(implementation)));
  try {
    if (found) return load(found);
  } catch (cause) {
    const message = `what was built for several processes cannot be loaded: ${(cause as Error).message}`;
    throw new UserError(exitCodes.io, { message, hint: "npm run build:mpi, in nnt's own folder" }, { cause });
  }
  const others = implementations.filter((implementation) => existsSync(fileOf(implementation)));
  const built = others.length > 0 ? `, but only for ${others.join(", ")}` : "";
  throw new UserError(exitCodes.io, {
    message: `${launch.launcher} has started ${launch.size} processes to train together, and nnt was not built for it${built}`,
    hint: `npm run build:mpi, in nnt's own folder, with the mpicc of ${launch.launcher}; or start one process: without mpirun`,
  });
}

/**
 * UCX, below MPICH and Open MPI, and Open MPI itself write other machine code over mmap and munmap when they start, to
 * know of memory that goes: while Node's own threads are in it, as a crash of one start in some hundred told. UCX also
 * takes faults that V8 handles. Whoever wants it all the same sets these variables.
 */
const libraryDefaults = {
  UCX_MEM_MMAP_HOOK_MODE: "none",
  UCX_MEM_EVENTS: "no",
  UCX_HANDLE_ERRORS: "none",
  OMPI_MCA_memory: "^patcher",
};

function load(implementation: Implementation): Addon {
  for (const [name, value] of Object.entries(libraryDefaults)) process.env[name] ??= value;
  const addon = require(fileOf(implementation)) as Addon;
  if (addon.source() !== sourceHash())
    throw new Error("it was built from another version of the source; run `npm run build:mpi`");
  return addon;
}

/** As kernels/source.js computes it. */
function sourceHash(): string {
  const folder = ownFile("kernels/mpi/");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort())
    hash.update(`${name}\n`).update(readFileSync(new URL(name, folder), "utf8").replaceAll("\r\n", "\n"));
  return hash.digest("hex");
}

function withoutMpi({ size }: Launch): UserError {
  return new UserError(exitCodes.io, {
    message: `srun has started ${size} tasks that know nothing of each other`,
    hint: "srun --mpi=pmix (srun --mpi=list says what there is) connects them; srun -n 1 starts one",
  });
}

function notOne({ launcher, size }: Launch, addon: Addon): UserError {
  return new UserError(exitCodes.io, {
    message: `${launcher} has started ${size} processes, and ${addon.library()}, which nnt was built with, sees ${addon.size()}`,
    hint: "npm run build:mpi with the mpicc that belongs to this mpirun; MPICC names it",
  });
}
