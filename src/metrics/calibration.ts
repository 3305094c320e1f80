/** Whether probabilities mean what they say: of rows given about p, is a share of about p right? */

const bins = 10;

export interface CalibrationBin {
  /** Mean probability of its rows. */
  readonly said: number;
  /** The share that came true. */
  readonly true: number;
  readonly rows: number;
}

/** Ten bins of equal width from 0 to 1. */
export class Calibration {
  private readonly rows = new Float64Array(bins);
  private readonly said = new Float64Array(bins);
  private readonly came = new Float64Array(bins);

  add(probability: number, isTrue: boolean): void {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(probability * bins)));
    this.rows[bin]! += 1;
    this.said[bin]! += probability;
    if (isTrue) this.came[bin]! += 1;
  }

  /** Those that have rows. */
  bins(): CalibrationBin[] {
    return [...this.rows].flatMap((rows, bin) =>
      rows > 0 ? [{ said: this.said[bin]! / rows, true: this.came[bin]! / rows, rows }] : [],
    );
  }

  /** Mean of |said − true| over rows: the expected calibration error (Naeini 2015), bins of equal width. */
  error(): number {
    const total = this.rows.reduce((sum, rows) => sum + rows, 0);
    return this.bins().reduce((sum, bin) => sum + (bin.rows / total) * Math.abs(bin.said - bin.true), 0);
  }
}
