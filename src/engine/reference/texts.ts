/** Sums of a table's rows that the inputs name: sparse inputs of the reference backend. */
import type { Matrix } from "../matrix.ts";
import { rules } from "../optimizers.ts";
import type { Verbs } from "../verbs.ts";

/** Y = [Σ_k weight_k · E[number_k,:] | what X has before]. */
export const bag: Verbs["bag"] = (Y, X, E, slots) => {
  const kept = X.cols - 2 * slots;
  const [y, x, e] = [Y.host, X.host, E.host];
  for (let r = 0; r < X.rows; r++) {
    const to = r * Y.cols;
    y.fill(0, to, to + E.cols);
    eachSlot(X, r, slots, E.rows, (i, weight) => {
      for (let j = 0; j < E.cols; j++) y[to + j]! += weight * e[i * E.cols + j]!;
    });
    for (let j = 0; j < kept; j++) y[to + E.cols + j] = x[r * X.cols + j]!;
  }
};

export const indexRows: Verbs["indexRows"] = ({ first, next, marks }, X, slots) => {
  const [firsts, nexts] = [first.host.fill(-1), next.host.fill(-1)];
  const latest = new Map<number, number>();
  for (let r = 0; r < X.rows; r++)
    eachSlot(X, r, slots, marks.cols, (i, _, k) => {
      const entry = r * slots + k;
      const before = latest.get(i);
      if (before === undefined) firsts[entry] = i;
      else nexts[before] = entry;
      latest.set(i, entry);
    });
};

export const bagBackward: Verbs["bagBackward"] = (dE, dX, dY, X, E, slots, named) => {
  const kept = X.cols - 2 * slots;
  const [de, dy] = [dE.host, dY.host];
  clearRows(dE, named);
  for (let r = 0; r < X.rows; r++) {
    const from = r * dY.cols;
    const to = r * X.cols;
    if (dX) for (let j = 0; j < X.cols; j++) dX.host[to + j] = j < kept ? dy[from + dE.cols + j]! : 0;
    eachSlot(X, r, slots, dE.rows, (i, weight, k) => {
      let slope = 0;
      for (let j = 0; j < dE.cols; j++) {
        const at = i * dE.cols + j;
        de[at]! += weight * dy[from + j]!;
        slope += dy[from + j]! * E.host[at]!;
      }
      if (dX) dX.host[to + kept + slots + k] = slope;
    });
  }
};

export const clearRows: Verbs["clearRows"] = (M, { first }) => {
  for (const row of first.host) if (row >= 0) M.host.fill(0, row * M.cols, (row + 1) * M.cols);
};

export const optimizeRows: Verbs["optimizeRows"] = (theta, gradient, slots, { rule, scalars }, named) => {
  const row = (M: Matrix, i: number) => M.host.subarray(i * M.cols, (i + 1) * M.cols);
  for (const i of named?.first.host ?? Array.from({ length: theta.rows }, (_, i) => i)) {
    if (i < 0 || row(gradient, i).every((g) => g === 0)) continue;
    const state = slots.map((slot) => (slot ? row(slot, i) : undefined));
    rules[rule].update({ theta: row(theta, i), gradient: row(gradient, i), slots: state }, scalars);
  }
};

/** The slots of row r, up to the first that names no row of the table. */
function eachSlot(
  X: Matrix,
  r: number,
  slots: number,
  count: number,
  take: (i: number, weight: number, k: number) => void,
): void {
  const x = X.host;
  const numbers = (r + 1) * X.cols - 2 * slots;
  for (let k = 0; k < slots; k++) {
    const i = x[numbers + k]!;
    if (!(i >= 0 && i < count)) return;
    take(i, x[numbers + slots + k]!, k);
  }
}
