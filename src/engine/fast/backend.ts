/**
 * A backend whose verbs only write commands. The list is run when memory is accessed, at `sync`, and when it
 * is full, so that a training step costs almost nothing besides its arithmetic.
 */
import type { Backend, SharedMemory } from "../backend.ts";
import type { Block, Indices, Matrix, Totals } from "../matrix.ts";
import type { Verbs } from "../verbs.ts";
import { CommandList, listLength, type Words } from "./commands.ts";
import { commandVerbs, type ElementaryName, encodeElementary, opNumbers } from "./encoders.ts";
import { LiveBlock } from "./liveBlock.ts";
import { aligned, type Machine, type Region } from "./machine.ts";

/** Estimated nanoseconds after which the list is run without being asked, so that callers can report progress or stop. */
const mostPending = 10e6;

export class FastBackend implements Backend {
  readonly name;
  readonly description;
  readonly precision = 32;
  readonly threads;
  readonly fused;
  readonly verbs: Verbs;
  private readonly listRegion: Region;
  private readonly commands: CommandList;
  readonly floatsAt?: (memory: ArrayBuffer) => Block<Float32Array>;

  /** @param sharedMemory used by machines whose verbs reach memory that is not their own */
  constructor(
    private readonly machine: Machine,
    private readonly sharedMemory: SharedMemory | null = null,
  ) {
    this.name = machine.name;
    this.description = machine.description;
    this.threads = machine.threads;
    this.fused = machine.fused;
    this.listRegion = machine.allocate(8 * listLength);
    this.commands = new CommandList(viewOf(this.listRegion));
    this.verbs = commandVerbs((op, words) => this.enqueue(op, words));
    const { regionAt } = machine;
    if (regionAt)
      this.floatsAt = (memory) => new LiveBlock(this, regionAt(memory), memory.byteLength / 4, Float32Array);
  }

  floats(length: number, isShared = false): Block<Float32Array> {
    const shared = isShared && this.floatsAt ? this.sharedMemory?.(4 * length) : null;
    return shared
      ? this.floatsAt!(shared)
      : new LiveBlock(this, this.allocate(4 * length), length, Float32Array);
  }
  doubles(length: number): Totals {
    return new LiveBlock(this, this.allocate(8 * length), length, Float64Array);
  }
  ints(length: number): Indices {
    return new LiveBlock(this, this.allocate(4 * length), length, Int32Array);
  }
  bytes(length: number): Block<Uint8Array> {
    return new LiveBlock(this, this.allocate(aligned(length)), length, Uint8Array);
  }

  /** Runs what has been written. */
  flush(): void {
    const { words } = this.commands;
    if (words === 0) return;
    try {
      this.machine.run(this.listRegion.address, words);
    } finally {
      this.commands.clear();
    }
  }

  async read<Values>(from: Block<Values>): Promise<Values> {
    return from.host;
  }

  write<Values>(to: Block<Values>, fill: (values: Values) => void): void {
    fill(to.host);
  }

  async sync(): Promise<void> {
    this.flush();
  }

  peak(rounds: number): number {
    return this.machine.peak(rounds);
  }

  /** Y = f(X): no verb of a step, but what activations and losses are made of, for tests of its accuracy. */
  elementary(Y: Matrix, X: Matrix, f: ElementaryName): void {
    this.enqueue(opNumbers.elementary, encodeElementary(Y, X, f));
  }

  close(): Promise<void> {
    this.commands.clear();
    return this.machine.close();
  }

  /** Unshared memory moves when it grows; writes to old views of it are lost. */
  private allocate(bytes: number): Region {
    const region = this.machine.allocate(bytes);
    this.commands.moveTo(viewOf(this.listRegion));
    return region;
  }

  private enqueue(op: number, words: Words): void {
    const { commands } = this;
    if (!commands.hasRoom(words) || commands.work > mostPending) this.flush();
    commands.add(op, words, this.machine.slowness);
  }
}

const viewOf = ({ buffer, offset }: Region) => new Float64Array(buffer(), offset, listLength);
