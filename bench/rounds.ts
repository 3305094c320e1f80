/** Sides that take turns, so that what the machine does meanwhile falls on all of them. */

/** Seconds one side computes in one turn. */
const secondsPerTurn = 0.3;

export const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/**
 * Median seconds per call of each side, over `rounds` rounds after one to warm up. A side is given a number of
 * calls to make and returns the seconds that one took; null: it cannot, and is left out.
 */
export async function interleave(
  sides: Readonly<Record<string, (count: number) => Promise<number | null>>>,
  rounds: number,
): Promise<Record<string, number>> {
  const counts = new Map<string, number>();
  const seconds = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const [name, side] of Object.entries(sides)) {
      const took = await side(counts.get(name) ?? 3);
      if (took === null) continue;
      counts.set(name, Math.max(1, Math.ceil(secondsPerTurn / took)));
      if (round >= 0) seconds.set(name, [...(seconds.get(name) ?? []), took]);
    }
  }
  return Object.fromEntries([...seconds].map(([name, took]) => [name, median(took)]));
}
