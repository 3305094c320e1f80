/**
 * Protocol buffers, the half that writes: fields in the order they are given. Large bytes are not copied.
 * Format: https://protobuf.dev/programming-guides/encoding
 */

const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;
const fixed32Type = 5;

export class Message {
  readonly chunks: Uint8Array[] = [];
  length = 0;

  /** int32, int64, bool and enum fields. */
  int(field: number, value: number | bigint): this {
    return this.add(varint(BigInt(field * 8 + varintType)), varint(BigInt.asUintN(64, BigInt(value))));
  }

  float(field: number, value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return this.add(varint(BigInt(field * 8 + fixed32Type)), bytes);
  }

  double(field: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return this.add(varint(BigInt(field * 8 + fixed64Type)), bytes);
  }

  text(field: number, text: string): this {
    return this.bytes(field, Buffer.from(text));
  }

  bytes(field: number, ...parts: readonly Uint8Array[]): this {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    return this.add(varint(BigInt(field * 8 + bytesType)), varint(BigInt(length)), ...parts);
  }

  message(field: number, message: Message): this {
    return this.bytes(field, ...message.chunks);
  }

  private add(...parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      this.chunks.push(part);
      this.length += part.length;
    }
    return this;
  }
}

/** Seven bits a byte, the lowest first; all but the last have the eighth bit. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return Uint8Array.from([...bytes, low]);
    bytes.push(low | 128);
  }
}
