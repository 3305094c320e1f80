/** Wrong files made of right ones: bytes changed, cut, doubled, moved, and words put in that parsers stumble over. */

const words = [
  ...["0", "-1", "1e999", "-0", "NaN", "9007199254740993", "18446744073709551615", "null", "true"],
  ...['"', '""', "'", "\\", "\0", "\r", "\n", "\r\n", "\t", ",", ";", ":", "- ", "{", "}", "[", "]", "[[[[["],
  ...["&a", "*a", "<<: *a", "!!js/function", "__proto__", "constructor", "../x", "# ", "|", ">", "%", "---"],
  ...["\uFEFF", "é", "\u2028", "𝒳", "\\ud800", "\\u0000"],
].map((word) => Buffer.from(word));
const raw = [
  [0xff],
  [0x80],
  [0xc3],
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0x1f, 0x8b],
  [0x7f, 0xc0, 0, 0],
].map((bytes) => Buffer.from(bytes));
const pieces = [...words, ...raw];

type Chance = () => number;
const below = (chance: Chance, limit: number) => Math.floor(chance() * limit);

/** One to six changes. */
export function mutate(original: Uint8Array, chance: Chance): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let left = 1 + below(chance, chance() < 0.5 ? 1 : 6); left > 0; left--) bytes = change(bytes, chance);
  return bytes;
}

function change(bytes: Buffer, chance: Chance): Buffer {
  const at = below(chance, bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + below(chance, 12));
  const before = bytes.subarray(0, at);
  const between = bytes.subarray(at, to);
  switch (below(chance, 8)) {
    case 0: // a bit
      if (at < bytes.length) bytes[at]! ^= 1 << below(chance, 8);
      return bytes;
    case 1: // any byte
      if (at < bytes.length) bytes[at] = below(chance, 256);
      return bytes;
    case 2: // the end cut off
      return chance() < 0.3 ? before : bytes;
    case 3: // a part left out
      return Buffer.concat([before, bytes.subarray(to)]);
    case 4: // a part again
      return Buffer.concat([before, between, between, bytes.subarray(to)]);
    case 5: // a part somewhere else
      return Buffer.concat([before, bytes.subarray(below(chance, bytes.length)), bytes.subarray(to)]);
    case 6: // a word in
      return Buffer.concat([before, pieces[below(chance, pieces.length)]!, bytes.subarray(at)]);
    default: // a word over
      return Buffer.concat([before, pieces[below(chance, pieces.length)]!, bytes.subarray(to)]);
  }
}
