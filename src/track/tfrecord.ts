/**
 * TensorFlow's record files: length (8 bytes), its checksum, the data, its checksum, all little-endian; checksums
 * are CRC-32C, rotated and shifted by a constant. Format: tensorflow.org/tutorials/load_data/tfrecord
 */

export function recordOf(data: Uint8Array): Buffer {
  const record = Buffer.alloc(lengths + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(data, lengths);
  record.writeUInt32LE(masked(crc32c(data)), lengths + data.length);
  return record;
}

/** The whole records of a file, and where each ends; what is torn or damaged ends them. */
export function* recordsIn(file: Buffer): Iterable<{ data: Buffer; end: number }> {
  for (let at = 0; at + lengths + 4 <= file.length; ) {
    const size = Number(file.readBigUInt64LE(at));
    const end = at + lengths + size + 4;
    if (end > file.length) return;
    const data = file.subarray(at + lengths, end - 4);
    if (file.readUInt32LE(end - 4) !== masked(crc32c(data))) return;
    yield { data, end };
    at = end;
  }
}

const lengths = 12;

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, its bits reversed. */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  return crc;
});

function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
