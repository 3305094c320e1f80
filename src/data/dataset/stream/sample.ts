/** An even sample of rows that come one by one, of bounded size, in their order; the same for the same seed. */

import { type RandomKey, randomBits, streamKey } from "../../../support/random.ts";
import { RawValues } from "../../table/cells.ts";

/** Numbers kept at most: a column's median is then off by about a thousandth of its rows. */
const sampleNumbers = 2 ** 23;
/** Rows that must be kept take at most this share. */
const mostKept = 0.25;

const isKept = 0xffffffff;

/** A row stays while its random number is above a threshold that doubles its distance whenever the room is used up. */
export class Sample {
  count = 0;
  /** Row-major. */
  rows: RawValues;
  /** What {@link add} was told of each row. */
  notes: Uint8Array;
  private luck: Uint32Array;
  /** Rows whose luck is less are not taken. */
  private threshold = 0;
  private kept = 0;
  private readonly capacity: number;
  private readonly key: RandomKey;

  constructor(
    private readonly width: number,
    seed: number,
    numbers = sampleNumbers,
  ) {
    this.key = streamKey(seed, "buffer", 0, 1);
    this.capacity = Math.max(16, Math.floor(numbers / width));
    const rows = Math.min(1024, this.capacity);
    this.rows = new RawValues(rows * width);
    this.notes = new Uint8Array(rows);
    this.luck = new Uint32Array(rows);
  }

  /** Row `number` at rows[from …], with a note; `always`: keep it while there is room for such. */
  add(number: number, rows: RawValues, from: number, note: number, always: boolean): void {
    const keeps = always && this.kept < mostKept * this.capacity;
    const luck = keeps ? isKept : randomBits(this.key, number);
    if (luck < this.threshold) return;
    if (keeps) this.kept++;
    if (this.count === this.notes.length) this.makeRoom();
    if (luck < this.threshold) return;
    this.rows.set(rows.subarray(from, from + this.width), this.count * this.width);
    this.notes[this.count] = note;
    this.luck[this.count++] = luck;
  }

  private makeRoom(): void {
    if (this.count < this.capacity) {
      const rows = Math.min(this.capacity, 2 * this.count);
      this.rows = enlarged(this.rows, new RawValues(rows * this.width));
      this.notes = enlarged(this.notes, new Uint8Array(rows));
      this.luck = enlarged(this.luck, new Uint32Array(rows));
      return;
    }
    while (this.count === this.capacity) {
      this.threshold = Math.floor((this.threshold + 2 ** 32) / 2);
      this.thin();
    }
  }

  private thin(): void {
    const { width, rows, notes, luck } = this;
    let to = 0;
    for (let row = 0; row < this.count; row++) {
      if (luck[row]! < this.threshold) continue;
      rows.copyWithin(to * width, row * width, (row + 1) * width);
      notes[to] = notes[row]!;
      luck[to++] = luck[row]!;
    }
    this.count = to;
  }
}

function enlarged<Values extends RawValues | Uint8Array | Uint32Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}
