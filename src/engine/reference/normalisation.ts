/** Batch and layer normalisation: the same formula along columns or along rows. */

import type { Floats, Matrix } from "../matrix.ts";
import type { NormState, Verbs } from "../verbs.ts";

/** Y = γ ⊙ (X − μ)/σ + β per column; in training μ and σ are the batch's, and `running` moves towards them. */
export const batchNorm: Verbs["batchNorm"] = (Y, X, gamma, beta, eps, state, running, training) => {
  const B = X.rows;
  for (let c = 0; c < X.cols; c++) {
    const column = { first: c, step: X.cols, count: B };
    if (training) {
      const mu = mean(X, column);
      const variance = biasedVariance(X, column, mu);
      const unbiased = (variance * B) / Math.max(B - 1, 1);
      set(state.mean, c, mu);
      set(state.inverseStd, c, 1 / Math.sqrt(variance + eps));
      set(running.mean, c, moved(at(running.mean, c), mu, running.momentum));
      set(running.variance, c, moved(at(running.variance, c), unbiased, running.momentum));
    } else {
      set(state.mean, c, at(running.mean, c));
      set(state.inverseStd, c, 1 / Math.sqrt(at(running.variance, c) + eps));
    }
    const [mu, inverse] = [at(state.mean, c), at(state.inverseStd, c)];
    for (let r = 0; r < B; r++) {
      const i = c + r * X.cols;
      set(Y, i, at(gamma, c) * (at(X, i) - mu) * inverse + at(beta, c));
    }
  }
};

/** dX = γ/σ ⊙ (dY − mean(dY) − x̂ ⊙ mean(dY ⊙ x̂)), dγ = Σ dY ⊙ x̂, dβ = Σ dY, per column. */
export const batchNormBackward: Verbs["batchNormBackward"] = (dX, dGamma, dBeta, dY, X, gamma, state) => {
  const B = X.rows;
  for (let c = 0; c < X.cols; c++) {
    const mu = at(state.mean, c);
    const inverse = at(state.inverseStd, c);
    let sum = 0;
    let sumHat = 0;
    for (let i = c; i < X.size; i += X.cols) {
      sum += at(dY, i);
      sumHat += at(dY, i) * (at(X, i) - mu) * inverse;
    }
    set(dBeta, c, sum);
    set(dGamma, c, sumHat);
    for (let i = c; i < X.size; i += X.cols) {
      const hat = (at(X, i) - mu) * inverse;
      set(dX, i, at(gamma, c) * inverse * (at(dY, i) - sum / B - (hat * sumHat) / B));
    }
  }
};

/** Y = γ ⊙ (X − μ)/σ + β with μ and σ of each row. */
export const layerNorm: Verbs["layerNorm"] = (Y, X, gamma, beta, eps, state) => {
  for (let r = 0; r < X.rows; r++) {
    const row = { first: r * X.cols, step: 1, count: X.cols };
    const mu = mean(X, row);
    const inverse = 1 / Math.sqrt(biasedVariance(X, row, mu) + eps);
    set(state.mean, r, mu);
    set(state.inverseStd, r, inverse);
    for (let c = 0; c < X.cols; c++) {
      const i = row.first + c;
      set(Y, i, at(gamma, c) * (at(X, i) - mu) * inverse + at(beta, c));
    }
  }
};

/** With dx̂ = γ ⊙ dY: dX = 1/σ ⊙ (dx̂ − mean(dx̂) − x̂ ⊙ mean(dx̂ ⊙ x̂)) per row; dγ and dβ sum over rows. */
export const layerNormBackward: Verbs["layerNormBackward"] = (dX, dGamma, dBeta, dY, X, gamma, state) => {
  parameterGradients(dGamma, dBeta, dY, X, state);
  const n = X.cols;
  for (let r = 0; r < X.rows; r++) {
    const mu = at(state.mean, r);
    const inverse = at(state.inverseStd, r);
    let sum = 0;
    let sumHat = 0;
    for (let c = 0; c < n; c++) {
      const dHat = at(gamma, c) * at(dY, r * n + c);
      sum += dHat;
      sumHat += dHat * (at(X, r * n + c) - mu) * inverse;
    }
    for (let c = 0; c < n; c++) {
      const i = r * n + c;
      const hat = (at(X, i) - mu) * inverse;
      set(dX, i, inverse * (at(gamma, c) * at(dY, i) - sum / n - (hat * sumHat) / n));
    }
  }
};

/** Y = γ ⊙ X ⊙ inverse, inverse = 1/√(mean(X²) + ε) of each row. */
export const rmsNorm: Verbs["rmsNorm"] = (Y, X, gamma, eps, inverse) => {
  const n = X.cols;
  for (let r = 0; r < X.rows; r++) {
    let squares = 0;
    for (let c = 0; c < n; c++) squares += at(X, r * n + c) ** 2;
    set(inverse, r, 1 / Math.sqrt(squares / n + eps));
    for (let c = 0; c < n; c++) set(Y, r * n + c, at(gamma, c) * at(X, r * n + c) * at(inverse, r));
  }
};

/** With x̂ = X ⊙ inverse: dX = inverse ⊙ (γ ⊙ dY − x̂ ⊙ mean(γ ⊙ dY ⊙ x̂)) per row, dγ = Σ_rows dY ⊙ x̂. */
export const rmsNormBackward: Verbs["rmsNormBackward"] = (dX, dGamma, dY, X, gamma, inverse) => {
  const n = X.cols;
  for (let c = 0; c < n; c++) {
    let sum = 0;
    for (let r = 0; r < X.rows; r++) sum += at(dY, r * n + c) * at(X, r * n + c) * at(inverse, r);
    set(dGamma, c, sum);
  }
  for (let r = 0; r < X.rows; r++) {
    const own = at(inverse, r);
    let sum = 0;
    for (let c = 0; c < n; c++) sum += at(gamma, c) * at(dY, r * n + c) * at(X, r * n + c) * own;
    for (let c = 0; c < n; c++) {
      const i = r * n + c;
      set(dX, i, own * (at(gamma, c) * at(dY, i) - (at(X, i) * own * sum) / n));
    }
  }
};

/** dγ = Σ_rows dY ⊙ x̂ and dβ = Σ_rows dY, where each row has its own μ and σ. */
function parameterGradients(dGamma: Matrix, dBeta: Matrix, dY: Matrix, X: Matrix, state: NormState): void {
  for (let c = 0; c < X.cols; c++) {
    let sum = 0;
    let sumHat = 0;
    for (let r = 0; r < X.rows; r++) {
      const i = r * X.cols + c;
      sum += at(dY, i);
      sumHat += at(dY, i) * (at(X, i) - at(state.mean, r)) * at(state.inverseStd, r);
    }
    set(dBeta, c, sum);
    set(dGamma, c, sumHat);
  }
}

/** The elements that one mean runs over. */
interface Line {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

function mean(X: Matrix, { first, step, count }: Line): number {
  const x: Floats = X.block.host;
  let sum = 0;
  for (let n = 0; n < count; n++) sum += x[X.offset + first + n * step]!;
  return sum / count;
}

/** Σ (x − μ)²/n: two passes, since Σ x² − n μ² loses everything when μ is large. */
function biasedVariance(X: Matrix, { first, step, count }: Line, mu: number): number {
  const x: Floats = X.block.host;
  let sum = 0;
  for (let n = 0; n < count; n++) sum += (x[X.offset + first + n * step]! - mu) ** 2;
  return sum / count;
}

const moved = (old: number, now: number, share: number) => (1 - share) * old + share * now;
const at = (M: Matrix, i: number) => M.block.host[M.offset + i]!;
function set(M: Matrix, i: number, value: number): void {
  M.block.host[M.offset + i] = value;
}
