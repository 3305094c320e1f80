/** Numbers that may stand for missing values: repeated, and far from all others, as −999 among heights. */
import { quoted } from "../../../support/errors.ts";

/** How far such a number lies from the others, in their range: further if it does not look like a code. */
const leastGap = { code: 1, other: 3 };

export interface Spread {
  readonly min: number;
  readonly max: number;
}

/**
 * The sentence for a column's smallest or largest number if several rows hold it, most do not, and it lies far from all
 * others; none for any other column. Most columns are told after a few values.
 */
export function standingApart(
  name: string,
  values: ArrayLike<number>,
  { min, max }: Spread,
  { isTarget, isArray = false }: { isTarget: boolean; isArray?: boolean | undefined },
): string[] {
  const middle = (min + max) / 2;
  let [mayBeMin, mayBeMax] = [true, true];
  for (let i = 0; i < values.length && (mayBeMin || mayBeMax); i++) {
    const value = values[i]!;
    if (value !== min && value <= middle) mayBeMin = false;
    if (value !== max && value >= middle) mayBeMax = false;
  }
  const odd = mayBeMin ? min : mayBeMax ? max : null;
  if (odd === null) return [];
  const { rows, present, others } = around(values, odd);
  if (rows < 2 || 2 * rows > present || !isFar(odd, others, values)) return [];
  const what = `column ${quoted(name)} holds ${odd} in ${rows} training rows and ${short(others.min)} … ${short(others.max)} in the others`;
  if (isArray) return [`${what}: if it is a missing value, make it NaN`];
  const reading = `missing_values: ["${odd}"]${isTarget ? ", missing: drop" : ""}`;
  return [`${what}: if it is a missing value, columns: { ${JSON.stringify(name)}: { ${reading} } }`];
}

const short = (value: number) => Number(value.toPrecision(6));

function around(values: ArrayLike<number>, odd: number): { rows: number; present: number; others: Spread } {
  let [rows, present, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    present++;
    if (value === odd) rows++;
    else [min, max] = [Math.min(min, value), Math.max(max, value)];
  }
  return { rows, present, others: { min, max } };
}

/** Of three numbers or fewer, one is always far from the others. */
function isFar(odd: number, { min, max }: Spread, values: ArrayLike<number>): boolean {
  let isThird = false;
  for (let i = 0; i < values.length && !isThird; i++) isThird = values[i]! > min && values[i]! < max;
  const gap = Math.max(min - odd, odd - max);
  return isThird && gap >= leastGap[isCode(odd, min) ? "code" : "other"] * (max - min);
}

/** As −1, −99 or 999 is; `least`: of the other numbers. */
function isCode(odd: number, least: number): boolean {
  return /^9{2,}$/.test(String(Math.abs(odd))) || (odd < 0 && least >= 0);
}
