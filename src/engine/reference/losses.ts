/** The mean loss over a batch's weighted rows; the formulas of a row are in ../losses.ts. */
import { losses } from "../../tasks/losses.ts";
import { formulas, hits, type LossRule, type Part } from "../losses.ts";
import { type Matrix, totalCells } from "../matrix.ts";
import type { Verbs } from "../verbs.ts";

/** The loss's sums into `totals`, and dS for L = Σ_r w_r L_r / Σ_r w_r. */
export const loss: Verbs["loss"] = (dS, S, Y, rowWeights, rule, { host: totals }) => {
  const [L, hitsOf] = [formulas[rule.name], hits[losses[rule.name].learns]];
  const [weight, weightOfBatch] = [rowWeights?.host, weightInMean(S, Y, rowWeights, rule)];
  const perWeight = weightOfBatch > 0 ? 1 / weightOfBatch : 0;
  const widths = rule.blocks?.host ?? [S.cols];
  const part: Part = {
    S: S.host,
    at: 0,
    n: 0,
    Y: Y.host,
    target: 0,
    parameter: rule.parameter,
    weights: rule.weights?.host ?? null,
    dS: dS?.host ?? null,
    share: 0,
  };
  for (let r = 0; r < S.rows; r++) {
    const w = weight?.[r] ?? 1;
    part.at = r * S.cols;
    part.target = r * Y.cols;
    part.share = w * perWeight;
    for (const n of widths) {
      part.n = n;
      totals[totalCells.loss]! += w * L(part);
      totals[totalCells.correct]! += hitsOf(part);
      part.at += n;
      part.target++;
    }
  }
  totals[totalCells.weight]! += weightOfBatch;
  totals[totalCells.rows]! += S.rows;
};

/** Σ_r w_r of the rows' own weights, times those of their classes where these have some. */
function weightInMean(S: Matrix, Y: Matrix, rowWeights: Matrix | null, { name, weights }: LossRule): number {
  const perClass = losses[name].learns === "classes" ? weights?.host : undefined;
  let sum = 0;
  for (let r = 0; r < S.rows; r++) sum += (rowWeights?.host[r] ?? 1) * (perClass?.[Y.host[r]!] ?? 1);
  return sum;
}
