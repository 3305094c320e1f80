/** Numbers the different texts of a column, straight from bytes. Makes a string once per text, on demand. */

/** Numbers texts 0, 1, 2 … in the order of their first appearance. */
export class LevelIndex {
  count = 0;
  /** Open addressing: number + 1 of the text in a slot, 0 where it is free. At most half full. */
  private slots = new Int32Array(64);
  private hashes = new Int32Array(32);
  /** Text n lies in bytes[starts[n]] up to bytes[starts[n + 1]]. */
  private starts = new Int32Array(33);
  private bytes = Buffer.alloc(256);

  /** Numbers a text that has no number yet. */
  add(text: string): number {
    const bytes = Buffer.from(text);
    const hash = hashOf(bytes, 0, bytes.length);
    const slot = this.slotOf(hash, bytes, 0, bytes.length);
    return this.insert(slot, hash, bytes, 0, bytes.length);
  }

  /** The number of a text, −1 if it has none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.slots[this.slotOf(hashOf(bytes, start, end), bytes, start, end)]! - 1;
  }

  findText(text: string): number {
    const bytes = Buffer.from(text);
    return this.find(bytes, 0, bytes.length);
  }

  /** The text of a number. */
  text(number: number): string {
    return this.bytes.toString("utf8", this.starts[number], this.starts[number + 1]);
  }

  texts(): string[] {
    return Array.from({ length: this.count }, (_, number) => this.text(number));
  }

  /** An index of given texts, numbered as listed. */
  static of(texts: Iterable<string>): LevelIndex {
    const index = new LevelIndex();
    for (const text of texts) index.add(text);
    return index;
  }

  private slotOf(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const { slots, hashes } = this;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const known = slots[slot]!;
      if (known === 0 || (hashes[known - 1] === hash && this.equals(known - 1, bytes, start, end)))
        return slot;
    }
  }

  private equals(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.starts[number]!;
    if (this.starts[number + 1]! - at !== end - start) return false;
    for (let from = start; from < end; from++) if (this.bytes[at++] !== bytes[from]) return false;
    return true;
  }

  private insert(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const number = this.count++;
    const from = this.starts[number]!;
    const to = from + end - start;
    if (number + 1 >= this.hashes.length) {
      this.hashes = enlarged(this.hashes, 2 * this.hashes.length);
      this.starts = enlarged(this.starts, this.hashes.length + 1);
    }
    if (to > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(to, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    for (let at = from, next = start; next < end; next++) this.bytes[at++] = bytes[next]!;
    this.hashes[number] = hash;
    this.starts[number + 1] = to;
    this.slots[slot] = number + 1;
    if (2 * this.count > this.slots.length) this.rehash();
    return number;
  }

  private rehash(): void {
    this.slots = new Int32Array(2 * this.slots.length);
    const mask = this.slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      let slot = this.hashes[number]! & mask;
      while (this.slots[slot]! > 0) slot = (slot + 1) & mask;
      this.slots[slot] = number + 1;
    }
  }
}

/** FNV-1a, with its high bits mixed into the low ones that choose the slot. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash ^ (hash >>> 15);
}

function enlarged(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(values);
  return larger;
}
