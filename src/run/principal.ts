/** The two directions in which points lie farthest apart: principal components, by powers of the points' own products. */

/** Rounds of the power method; a direction that is not settled by then has a twin that is as good. */
const rounds = 300;

/**
 * Directions [n] of length 1, at right angles, from an origin on, and the share of the squared distances along each.
 * Where the points lie on a line, the second is any direction across it.
 */
export function principalDirections(
  points: readonly Float64Array[],
  origin: Float64Array,
): { directions: readonly [Float64Array, Float64Array]; shares: readonly [number, number] } {
  const rows = points.map((point) => point.map((value, i) => value - origin[i]!));
  // Of m points in n dimensions, the m × m products say as much as the n × n ones would.
  const products = rows.map((a) => rows.map((b) => dot(a, b)));
  const total = products.reduce((sum, row, i) => sum + row[i]!, 0) || 1;
  const first = component(rows, products, []);
  const second = component(rows, products, [first]);
  const share = (of: Float64Array) => rows.reduce((sum, row) => sum + dot(row, of) ** 2, 0) / total;
  return { directions: [first, second], shares: [share(first), share(second)] };
}

function component(
  rows: readonly Float64Array[],
  products: readonly (readonly number[])[],
  before: readonly Float64Array[],
): Float64Array {
  const known = before.map((direction) => normal(Float64Array.from(rows, (row) => dot(row, direction))));
  let weights: Float64Array = Float64Array.from(rows, (_, i) => 1 + i / rows.length);
  for (let round = 0; round < rounds; round++) {
    weights = across(weights, known);
    weights = normal(Float64Array.from(products, (row) => dot(row, weights)));
  }
  const sum = new Float64Array(rows[0]!.length);
  for (const [i, row] of rows.entries())
    for (let j = 0; j < sum.length; j++) sum[j]! += weights[i]! * row[j]!;
  const found = across(normal(sum), before);
  return Math.sqrt(dot(found, found)) > 1e-6 ? normal(found) : anyAcross(sum.length, before);
}

/** A direction of one coordinate, as far as the others leave it. */
function anyAcross(length: number, others: readonly Float64Array[]): Float64Array {
  for (let axis = 0; axis < length; axis++) {
    const unit = new Float64Array(length);
    unit[axis] = 1;
    const left = across(unit, others);
    if (dot(left, left) > 0.1) return normal(left);
  }
  return new Float64Array(length);
}

/** Without what lies along others, which have length 1. */
function across(vector: Float64Array, others: readonly Float64Array[]): Float64Array {
  let left = vector;
  for (const other of others) {
    const along = dot(left, other);
    left = left.map((value, i) => value - along * other[i]!);
  }
  return left;
}

function normal(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
