/** Functions that JavaScript lacks or that overflow when written naively: erf, logistic, softplus. */

/** σ(x) = 1/(1 + e⁻ˣ). */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + eˣ), without overflow for large x. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, within 1e-15. Near zero the series with positive terms only (Abramowitz and
 * Stegun 7.1.6), further out the continued fraction of 1 − erf (7.1.14).
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  const value = size < seriesBelow ? series(size) : size < oneFrom ? 1 - complement(size) : 1;
  return x < 0 ? -value : Number.isNaN(x) ? x : value;
}

/** Below, the series has at most 40 terms; above, the fraction needs no more levels than given here. */
const seriesBelow = 2;
const fractionLevels = 60;
/** From here on, 1 − erf(x) is less than half the distance of 1 to its neighbour. */
const oneFrom = 6;

/** 2/√π · e^(−x²) · Σₙ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)). */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 2 ** -54; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** e^(−x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))). */
function complement(x: number): number {
  let fraction = x;
  for (let n = fractionLevels; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/**
 * √2·erf⁻¹(x) for −1 < x < 1: of a uniform x a standard normal number, within 1e-6 relatively. Polynomials in
 * w = −log(1 − x²) near the middle, in √w far out (M. Giles 2012, Approximating the erfinv function).
 */
export function normalOf(x: number): number {
  const w = -Math.log((1 - x) * (1 + x));
  const p = w < 5 ? polynomial(nearMiddle, w - 2.5) : polynomial(farOut, Math.sqrt(w) - 3);
  return Math.SQRT2 * p * x;
}

/** From the highest power down. */
const nearMiddle = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  0.246640727, 1.50140941,
];
const farOut = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
  1.00167406, 2.83297682,
];
const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
