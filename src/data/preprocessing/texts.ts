/**
 * How a text becomes sparse inputs: its words, runs of words and runs of letters, hashed and weighted by inverse
 * document frequency, of Euclidean length 1, as scikit-learn's TfidfVectorizer has it. Fitted and applied.
 */
import type { TextInputs } from "./textParts.ts";

/** As the spec has it. */
export type TextSettings = Pick<TextInputs, "words" | "letters" | "buckets" | "width">;

/** A step of a weight: the largest, 16, is that of one row in six millions. */
const unit = 2 ** -12;
/** More parts of one text are cut: the weightiest ones of some pages say what these are about. */
const mostSlots = 1024;
const fewestLetters = 3;

/**
 * @param texts of the training rows, each with the number of rows that have it
 * @param minCount parts in fewer rows do not count
 */
export function fitTexts(
  texts: readonly { readonly text: string; readonly rows: number }[],
  { settings, isWeighted, minCount }: { settings: TextSettings; isWeighted: boolean; minCount: number },
): TextInputs {
  const counts = new Float64Array(settings.buckets);
  let rows = 0;
  for (const { text, rows: same } of texts) {
    rows += same;
    for (const bucket of partsOf(text, settings).keys()) counts[bucket]! += same;
  }
  const weights = Uint16Array.from(counts, (count) =>
    count < Math.max(minCount, 1) ? 0 : isWeighted ? inverse(rows, count) : 1 / unit,
  );
  const most = texts.reduce((most, { text }) => {
    const known = [...partsOf(text, settings).keys()].filter((bucket) => weights[bucket]! > 0);
    return Math.max(most, known.length);
  }, 1);
  const isPlain = !isWeighted && minCount <= 1;
  return {
    ...settings,
    weights: isPlain ? null : stored(weights),
    slots: Math.min(most, mostSlots),
  };
}

/** ln((1 + n)/(1 + df)) + 1, in steps. */
function inverse(rows: number, count: number): number {
  return Math.min(65535, Math.round((Math.log((1 + rows) / (1 + count)) + 1) / unit));
}

function stored(weights: Uint16Array): string {
  const bytes = Buffer.alloc(2 * weights.length);
  for (const [at, weight] of weights.entries()) bytes.writeUInt16LE(weight, 2 * at);
  return bytes.toString("base64");
}

/** Whether the weights are as many as they have to be. */
export function areWeights({ weights, buckets }: Pick<TextInputs, "weights" | "buckets">): boolean {
  return weights === null || Buffer.from(weights, "base64").length === 2 * buckets;
}

/** Encodes the texts of a column. */
export class TextEncoder {
  private readonly weights: Float64Array | null;

  constructor(private readonly inputs: TextInputs) {
    const { weights, buckets } = inputs;
    const bytes = weights === null ? null : Buffer.from(weights, "base64");
    this.weights =
      bytes && Float64Array.from({ length: buckets }, (_, at) => bytes.readUInt16LE(2 * at) * unit);
  }

  /** out[at …] = the inputs. */
  encode(text: string, out: Float32Array, at: number): void {
    const { slots } = this.inputs;
    let parts = [...partsOf(text, this.inputs)].map(([bucket, count]) => ({
      bucket,
      weight: count * (this.weights?.[bucket] ?? 1),
    }));
    parts = parts.filter(({ weight }) => weight > 0);
    if (parts.length > slots)
      parts = parts.sort((a, b) => b.weight - a.weight || a.bucket - b.bucket).slice(0, slots);
    parts.sort((a, b) => a.bucket - b.bucket);
    const length = Math.sqrt(parts.reduce((sum, { weight }) => sum + weight * weight, 0));
    out.fill(0, at, at + 2 * slots);
    if (parts.length < slots) out[at + parts.length] = -1;
    for (const [slot, { bucket, weight }] of parts.entries()) {
      out[at + slot] = bucket;
      out[at + slots + slot] = weight / length;
    }
  }
}

/** Words, and signs such as emoji and those of currencies, each for itself. Punctuation parts words, and is none. */
const wordPattern = /[\p{L}\p{M}\p{N}_]+|\p{S}/gu;

/** How often a text has the parts of each bucket. */
function partsOf(text: string, { words, letters, buckets }: TextSettings): Map<number, number> {
  const counts = new Map<number, number>();
  const count = (hash: number) => {
    const bucket = finished(hash) % buckets;
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  };
  const found: string[] = text.normalize("NFKC").toLowerCase().match(wordPattern) ?? [];
  for (const first of found.keys()) {
    let hash = wordSeed;
    for (let at = first; at < first + words && at < found.length; at++) {
      hash = hashed(hash, found[at]!);
      count(hash);
      hash = hashed(hash, " ");
    }
  }
  for (const word of found) {
    const padded = ` ${word} `;
    for (let first = 0; first + fewestLetters <= padded.length; first++)
      for (let n = fewestLetters; n <= letters && first + n <= padded.length; n++)
        count(hashed(letterSeed, padded.slice(first, first + n)));
  }
  return counts;
}

/** FNV-1a's, and another for runs of letters. */
const wordSeed = 0x811c9dc5;
const letterSeed = 0x9747b28c;

/** FNV-1a over UTF-16 units. */
function hashed(hash: number, text: string): number {
  let h = hash;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** MurmurHash3's last steps, so that all bits count. */
function finished(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
