/** The probability above which to say yes, so that a metric is best on the rows given. */
import { Confusion } from "./confusion.ts";
import { betterOf, confusionMetric, type MetricName } from "./metrics.ts";

/**
 * Halfway between two probabilities of rows; of equally good ones the nearest to ½.
 * @param p of the second class, or of the label
 * @param y 0 or 1
 * @param isLabel F1 is that of the label alone, else the mean of both classes'
 */
export function bestThreshold(
  metric: MetricName,
  p: Float64Array,
  y: Float64Array,
  isLabel: boolean,
): number {
  const order = Uint32Array.from(p.keys()).sort((a, b) => p[b]! - p[a]!);
  const positives = y.reduce((sum, value) => sum + value, 0);
  const sign = betterOf(metric) === "higher" ? 1 : -1;
  const confusion = new Confusion(2);
  const score = (right: number, said: number) => {
    confusion.counts.set([y.length - positives - (said - right), said - right, positives - right, right]);
    if (isLabel && metric !== "hamming_loss") return (2 * right) / (said + positives || 1);
    return sign * confusionMetric(metric, confusion);
  };
  let best = { threshold: 0.5, score: Number.NEGATIVE_INFINITY };
  let right = 0;
  for (let said = 0; said <= order.length; said++) {
    const [above, below] = [said > 0 ? p[order[said - 1]!]! : 1, said < order.length ? p[order[said]!]! : 0];
    if (above > below || said === 0 || said === order.length) {
      const threshold = below < 0.5 && above > 0.5 ? 0.5 : (above + below) / 2;
      const here = { threshold, score: score(right, said) };
      const isNearer = Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5);
      if (here.score > best.score || (here.score === best.score && isNearer)) best = here;
    }
    if (said < order.length) right += y[order[said]!]!;
  }
  return best.threshold;
}
