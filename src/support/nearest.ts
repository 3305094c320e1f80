/** The known name that a misspelt one most probably means. */

/** Mistakes that are borne: a third of the name's length, at least one; none in a single letter. */
const mistakesPerLetter = 1 / 3;

/**
 * The candidate with the fewest single-letter mistakes, or undefined when none is near. Case and spaces around
 * a name are none.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  const letters = lettersOf(name);
  let fewest = letters.length < 2 ? 1 : Math.max(1, Math.floor(letters.length * mistakesPerLetter)) + 1;
  for (const candidate of candidates) {
    const mistakes = distance(letters, lettersOf(candidate));
    if (mistakes < fewest) [best, fewest] = [candidate, mistakes];
  }
  return best;
}

const lettersOf = (name: string) => name.trim().toLowerCase();

/** Insertions, deletions, replacements and swaps of neighbours that make `a` into `b`. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
