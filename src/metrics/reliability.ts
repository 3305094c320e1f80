/** Whether probabilities mean what they say: of rows given about p, is a share of about p right? */

const bins = 10;

export interface CalibrationBin {
  /** Mean probability of its rows. */
  readonly said: number;
  /** The share that came true. */
  readonly true: number;
  readonly rows: number;
}

/** Numbers that a calibration is summed up in: rows, Σ said and those that came true of every bin. */
export const calibrationWidth = 3 * bins;

/** Ten bins of equal width from 0 to 1. */
export class Calibration {
  constructor(private readonly sums: Float64Array = new Float64Array(calibrationWidth)) {}

  add(probability: number, isTrue: boolean): void {
    addCalibration(this.sums, 0, probability, isTrue);
  }

  /** Those that have rows. */
  bins(): CalibrationBin[] {
    const { sums } = this;
    return Array.from({ length: bins }, (_, bin) => 3 * bin)
      .filter((at) => sums[at]! > 0)
      .map((at) => {
        const rows = sums[at]!;
        return { said: sums[at + 1]! / rows, true: sums[at + 2]! / rows, rows };
      });
  }

  /** Mean of |said − true| over rows: the expected calibration error (Naeini 2015), bins of equal width. */
  error(): number {
    const filled = this.bins();
    const total = filled.reduce((sum, { rows }) => sum + rows, 0);
    return filled.reduce((sum, bin) => sum + (bin.rows / total) * Math.abs(bin.said - bin.true), 0);
  }
}

/** Into sums that begin at sums[at]. */
export function addCalibration(sums: Float64Array, at: number, probability: number, isTrue: boolean): void {
  const bin = at + 3 * Math.min(bins - 1, Math.max(0, Math.floor(probability * bins)));
  sums[bin]! += 1;
  sums[bin + 1]! += probability;
  if (isTrue) sums[bin + 2]! += 1;
}
