/**
 * A backend on a graphics card: verbs write commands as on processors, and the list begins on the card when it is full,
 * when numbers are wanted, and at `sync`. Numbers go in and out by copies; nothing else is waited for.
 */
import { exitCodes, UserError } from "../../support/errors.ts";
import type { Backend } from "../backend.ts";
import { CommandList, listLength, type Words } from "../fast/commands.ts";
import { commandVerbs, type ElementaryName, encodeElementary, opNumbers } from "../fast/encoders.ts";
import { aligned } from "../fast/machine.ts";
import { type Block, type Floats, type Indices, Matrix, type Totals } from "../matrix.ts";
import type { Verbs } from "../verbs.ts";
import { type Card, type CardAddon, factsOf } from "./addon.ts";
import { CardBlock, type Place, type TypedArray } from "./block.ts";

/** Small blocks share stretches of this many bytes. */
const stretchBytes = 1 << 20;

/** Buffers of at most so many bytes are kept for the next transfer of the same block. */
const keptBytes = 1 << 20;

/** Estimated nanoseconds of a processor's thread after which a list begins: a card is about a hundred times as fast. */
const mostPending = 1e9;

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

export class CardBackend implements Backend {
  readonly name = "cuda";
  readonly precision = 32;
  readonly threads = 1;
  readonly fused = true;
  readonly verbs: Verbs;
  private readonly list = new ArrayBuffer(8 * listLength);
  private readonly commands = new CommandList(new Float64Array(this.list));
  private readonly buffers = new WeakMap<object, Numbers>();
  /** Blocks whose copies may have been changed. */
  private readonly changed = new Set<CardBlock<Numbers>>();
  private stretch: { place: Place; used: number } | null = null;
  private readonly unreachable: FinalizationRegistry<number>;

  constructor(
    private readonly addon: CardAddon,
    private readonly handle: Card,
    readonly description: string,
    private readonly cardName: string,
  ) {
    this.verbs = commandVerbs((op, words) => this.enqueue(op, words));
    this.unreachable = new FinalizationRegistry((address) => addon.free(handle, address));
  }

  get card(): { name: string; freeBytes: number } {
    return { name: this.cardName, freeBytes: factsOf(this.addon, this.handle).freeBytes };
  }

  floats(length: number): Block<Floats> {
    return this.block(length, Float32Array);
  }
  doubles(length: number): Totals {
    return this.block(length, Float64Array);
  }
  ints(length: number): Indices {
    return this.block(length, Int32Array);
  }
  bytes(length: number): Block<Uint8Array> {
    return this.block(length, Uint8Array);
  }

  async read<Values>(from: Block<Values>): Promise<Values> {
    this.flush();
    const values = this.buffer(from);
    this.get(from.address, values);
    return values as Values;
  }

  write<Values>(to: Block<Values>, fill: (values: Values) => void): void {
    const values = this.buffer(to);
    fill(values as Values);
    this.flush();
    this.put(to.address, values);
  }

  async sync(): Promise<void> {
    this.flush();
    this.speak(() => this.addon.wait(this.handle));
  }

  /** Y = f(X): no verb of a step, but what activations and losses are made of, for tests of its accuracy. */
  elementary(Y: Matrix, X: Matrix, f: ElementaryName): void {
    this.enqueue(opNumbers.elementary, encodeElementary(Y, X, f));
  }

  /** See {@link CardBlock.host}. */
  mirrored<Values>(block: CardBlock<Values>): Values {
    this.flush();
    const numbers = block as CardBlock<unknown> as CardBlock<Numbers>;
    if (!this.changed.has(numbers)) {
      numbers.mirror ??= newNumbers(numbers.Values, block.length);
      this.get(block.address, numbers.mirror);
      this.changed.add(numbers);
    }
    return block.mirror!;
  }

  async close(): Promise<void> {
    this.commands.clear();
    this.addon.close(this.handle);
  }

  /** Begins what has been written, with what was changed in copies. */
  private flush(): void {
    const { words } = this.commands;
    if (words === 0) return;
    this.settle();
    try {
      this.speak(() => this.addon.run(this.handle, this.list, words));
    } finally {
      this.commands.clear();
    }
  }

  private settle(): void {
    for (const block of this.changed) this.put(block.address, block.mirror!);
    this.changed.clear();
  }

  private enqueue(op: number, words: Words): void {
    const { commands } = this;
    if (!commands.hasRoom(words) || commands.work > mostPending) this.flush();
    commands.add(op, words, 1);
  }

  private put(address: number, { buffer, byteOffset, byteLength }: Numbers): void {
    if (byteLength > 0)
      this.speak(() => this.addon.put(this.handle, address, buffer, byteOffset, byteLength));
  }

  private get(address: number, { buffer, byteOffset, byteLength }: Numbers): void {
    this.settle();
    if (byteLength > 0)
      this.speak(() => this.addon.get(this.handle, address, buffer, byteOffset, byteLength));
  }

  /** Memory of the host for a block's numbers, or a matrix's. */
  private buffer(of: Block<unknown>): Numbers {
    const known = this.buffers.get(of);
    if (known) return known;
    const { Values } = (of instanceof Matrix ? of.block : of) as CardBlock<Numbers>;
    const numbers = newNumbers(Values, of.length);
    if (numbers.byteLength <= keptBytes) this.buffers.set(of, numbers);
    return numbers;
  }

  private block<Values>(length: number, Values: TypedArray<Values>): CardBlock<Values> {
    return new CardBlock<Values>(this, this.place(length * Values.BYTES_PER_ELEMENT), length, Values);
  }

  private place(wanted: number): Place {
    const bytes = aligned(Math.max(1, wanted));
    if (bytes > stretchBytes / 8) return this.allocate(bytes);
    if (!this.stretch || this.stretch.used + bytes > stretchBytes) {
      this.stretch = { place: this.allocate(stretchBytes), used: 0 };
    }
    const { place: whole, used } = this.stretch;
    this.stretch.used += bytes;
    return { address: whole.address + used, whole } as Place;
  }

  private allocate(bytes: number): Place {
    const place = { address: this.speak(() => this.addon.allocate(this.handle, bytes)) };
    this.unreachable.register(place, place.address);
    return place;
  }

  /** What the driver refuses is a matter of the machine: exit code 5. */
  private speak<Result>(ask: () => Result): Result {
    try {
      return ask();
    } catch (cause) {
      throw new UserError(exitCodes.io, { message: (cause as Error).message }, { cause });
    }
  }
}

function newNumbers(Values: TypedArray<Numbers>, length: number): Numbers {
  return new Values(new ArrayBuffer(length * Values.BYTES_PER_ELEMENT));
}
