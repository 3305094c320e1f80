/**
 * The command list that the C kernels interpret: kernels/interpret.h reads what is written here. A command is
 * [op, words, work, arguments…] in 64-bit floats, which hold addresses, sizes and scalars alike exactly.
 */

/** Doubles that the list holds: some thousand commands. */
export const listLength = 1 << 16;

const headWords = 3;

/** A command without its op: its estimated nanoseconds on one thread, then its arguments. */
export type Words = readonly [work: number, ...args: Argument[]];

/** A number, a flag, or what lies at an address: none is 0, as C's NULL. */
export type Argument = number | boolean | Located | null | undefined;

/** Memory at an address, for as long as this object is held. */
interface Located {
  readonly address: number;
}

/** What lies some bytes into memory. */
export function within(whole: Located, bytes: number): Located {
  return { address: whole.address + bytes, whole } as Located;
}

function numberOf(argument: Argument): number {
  if (typeof argument === "number") return argument;
  if (typeof argument === "object") return argument?.address ?? 0;
  return argument ? 1 : 0;
}

/** Commands not yet run, in memory that the kernels read. */
export class CommandList {
  /** Doubles written so far. */
  words = 0;
  /** Estimated nanoseconds that one thread takes for what has been written. */
  work = 0;

  /** What the commands point to: a matrix that nobody else knows any more keeps its memory until they have run. */
  private readonly held: Words[] = [];

  constructor(private list: Float64Array) {}

  /** The list has moved, with what it holds: memory has grown. */
  moveTo(list: Float64Array): void {
    this.list = list;
  }

  hasRoom({ length }: Words): boolean {
    return this.words + headWords + length - 1 <= this.list.length;
  }

  /** @param slowness by how much this machine is slower than `said` estimates */
  add(op: number, said: Words, slowness: number): void {
    const { list, words } = this;
    const count = said.length - 1;
    const work = said[0] * slowness;
    list[words] = op;
    list[words + 1] = headWords + count;
    list[words + 2] = work;
    for (let i = 0; i < count; i++) list[words + headWords + i] = numberOf(said[i + 1]);
    this.words += headWords + count;
    this.work += work;
    this.held.push(said);
  }

  /** Removes the commands, once they have run. */
  clear(): void {
    this.words = 0;
    this.work = 0;
    this.held.length = 0;
  }
}
