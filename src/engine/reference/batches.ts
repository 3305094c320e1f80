/** Gathering a batch from a table, and the noise that training adds: dropout, normal numbers. */
import { randomBits } from "../../support/random.ts";
import { Matrix as FloatTable } from "../matrix.ts";
import { normalOf } from "../special.ts";
import type { Verbs } from "../verbs.ts";

/** X[r,:] = table[indices[first + r],:]; bytes become byte · scale + shift. */
export const gather: Verbs["gather"] = (X, table, indices, first) => {
  const isFloat = table instanceof FloatTable;
  const [base, scale, shift] = isFloat ? [table.offset, 1, 0] : [0, table.scale, table.shift];
  const x = X.block.host;
  const values = table.block.host;
  for (let r = 0; r < X.rows; r++) {
    const from = base + indices.host[first + r]! * table.cols;
    const to = X.offset + r * X.cols;
    for (let j = 0; j < X.cols; j++) x[to + j] = values[from + j]! * scale + shift;
  }
};

/** Y = X ⊙ mask / (1 − p), element i dropped where bits(key, i) < p·2³². */
export const dropout: Verbs["dropout"] = (Y, X, p, key) => {
  const scale = p < 1 ? 1 / (1 - p) : 0;
  const threshold = p * 2 ** 32;
  const y = Y.block.host;
  const x = X.block.host;
  for (let i = 0; i < Y.size; i++) {
    y[Y.offset + i] = randomBits(key, i) < threshold ? 0 : x[X.offset + i]! * scale;
  }
};

/** Y = X + σ·ε; ε of the 24 high bits of bits(key, i), as a uniform number in (−1, 1) that is never 0. */
export const gaussianNoise: Verbs["gaussianNoise"] = (Y, X, std, key) => {
  const y = Y.block.host;
  const x = X.block.host;
  for (let i = 0; i < Y.size; i++) {
    const uniform = ((randomBits(key, i) >> 8) + 0.5) / 2 ** 23;
    y[Y.offset + i] = x[X.offset + i]! + std * normalOf(uniform);
  }
};
