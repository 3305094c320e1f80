/** How far the columns of new rows have drifted from the training rows', by the profile that a model keeps of these. */
import { canonicalLabel } from "../table/labels.ts";
import { columnOf, type Table, type TableColumn } from "../table/readTable.ts";
import { binOf, type ColumnSeen, type TrainingProfile } from "./profile.ts";

export interface ColumnDrift {
  readonly column: string;
  /** The population stability index, see {@link stability}. */
  readonly psi: number;
  /** What it stays below by chance in 999 of 1000 columns that have not drifted. */
  readonly chance: number;
  /** `psi` where it is above that, else 0. */
  readonly drift: number;
  /** Shares of the rows, then and now. */
  readonly missing: readonly [trained: number, now: number];
  /** Share of the new rows outside the training rows' range; of texts, with a level that they do not tell or hardly had. */
  readonly outside: number;
}

/** Of all profiled columns that the table has, the largest drift first. */
export function driftOf(table: Table, { rows, columns }: TrainingProfile): ColumnDrift[] {
  const drifts = table.columns.flatMap((column, j) => {
    const seen = Object.hasOwn(columns, column.name) ? columns[column.name]! : null;
    if (seen === null || (seen.kind === "texts") !== (column.kind === "text")) return [];
    const now = countsNow(seen, column, columnOf(table, j));
    const then = [...seen.counts, ...(seen.kind === "texts" ? [seen.others] : []), seen.missing];
    const { psi, chance } = stability(then, now.counts);
    const shares = [seen.missing / rows, now.counts.at(-1)! / Math.max(1, table.rows)] as const;
    const outside = now.outside / Math.max(1, table.rows);
    const { name } = column;
    return [{ column: name, psi, chance, drift: psi > chance ? psi : 0, missing: shares, outside }];
  });
  return drifts.sort((a, b) => b.drift - a.drift || b.psi - a.psi);
}

/** New rows of each bin or level, then of other levels, then without a value. */
function countsNow(seen: ColumnSeen, { levels }: TableColumn, values: Float64Array) {
  const counts = new Array<number>(seen.counts.length + (seen.kind === "texts" ? 2 : 1)).fill(0);
  let outside = 0;
  const placeOf = seen.kind === "texts" ? levels.map(levelPlaces(seen.levels)) : null;
  for (const value of values) {
    if (Number.isNaN(value)) counts[counts.length - 1]!++;
    else if (seen.kind === "numbers") {
      counts[binOf(seen.edges, value)]!++;
      if (value < seen.min || value > seen.max) outside++;
    } else {
      const place = placeOf![value]!;
      counts[place]!++;
      if (place === seen.levels.length) outside++;
    }
  }
  return { counts, outside };
}

/** A level's place among those that are told; behind them for all others. */
function levelPlaces(told: readonly string[]): (level: string) => number {
  const places = new Map(told.map((level, place) => [level, place]));
  const spelled = new Map(told.map((level, place) => [canonicalLabel(level), place]));
  return (level) => places.get(level) ?? spelled.get(canonicalLabel(level)) ?? told.length;
}

/**
 * The population stability index of two samples' counts by bin (Siddiqi 2006, Credit Risk Scorecards): with shares e and a,
 * Σ (a − e) ln(a/e), the symmetric divergence of Kullback and Leibler 1951. Half a row is added to every bin that either
 * has, so that no share is 0. Without drift it is distributed as (1/n + 1/m) χ² of one less than the bins (Yurdakul and
 * Naranjo 2020, Statistical Properties of the Population Stability Index).
 */
export function stability(
  then: readonly number[],
  now: readonly number[],
): { readonly psi: number; readonly chance: number } {
  const used = then.map((_, bin) => bin).filter((bin) => then[bin]! + now[bin]! > 0);
  const sum = (counts: readonly number[]) => used.reduce((total, bin) => total + counts[bin]!, 0);
  const [n, m, k] = [sum(then), sum(now), used.length];
  if (n === 0 || m === 0 || k < 2) return { psi: 0, chance: 0 };
  let psi = 0;
  for (const bin of used) {
    const e = (then[bin]! + 0.5) / (n + k / 2);
    const a = (now[bin]! + 0.5) / (m + k / 2);
    psi += (a - e) * Math.log(a / e);
  }
  return { psi, chance: (1 / n + 1 / m) * chiSquared999(k - 1) };
}

/** The 0.999 quantile of χ² with k degrees of freedom, by Wilson and Hilferty 1931: a cube of a normal number. */
function chiSquared999(k: number): number {
  const normal999 = 3.0902;
  const spread = 2 / (9 * k);
  return k * (1 - spread + normal999 * Math.sqrt(spread)) ** 3;
}
