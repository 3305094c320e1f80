/** Whether a column's texts are written to be read: sentences, not names. */

/** Names of persons have four words, seldom five. */
const fewestWords = 5;
/** Texts that are looked at. */
const most = 1000;

/** @param texts a column's, each once */
export function areProse(texts: readonly string[]): boolean {
  const lengths = texts
    .slice(0, most)
    .map((text) => text.split(/\s+/).filter((word) => /\p{L}/u.test(word)).length);
  const half = lengths.sort((a, b) => a - b)[lengths.length >> 1] ?? 0;
  return half >= fewestWords;
}
