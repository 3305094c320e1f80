/** Products, sums over rows, and whole-buffer verbs of the reference backend. */
import type { Matrix } from "../matrix.ts";
import type { Verbs } from "../verbs.ts";

/** Four rows by two columns of C at a time: measured to be the fastest shape that leaves V8 enough registers. */
const tileRows = 4;
const tileCols = 2;

/** C = A · B, started from zero, a row, or C: every element one sum over k, in order. */
export const gemm: Verbs["gemm"] = (C, A, B, start = null) => {
  const { rows: m, cols: n } = C;
  begin(C, start);
  const i4 = m - (m % tileRows);
  const j2 = n - (n % tileCols);
  for (let j = 0; j < j2; j += tileCols) {
    for (let i = 0; i < i4; i += tileRows) tile(C, A, B, i, j);
    for (let i = i4; i < m; i++) for (let q = j; q < j + tileCols; q++) element(C, A, B, i, q);
  }
  for (let j = j2; j < n; j++) for (let i = 0; i < m; i++) element(C, A, B, i, j);
};

/** db = Σ_rows dZ. */
export const sumRows: Verbs["sumRows"] = (db, dZ) => {
  const sums = db.block.host;
  const dz = dZ.block.host;
  for (let j = 0; j < dZ.cols; j++) {
    let sum = 0;
    for (let i = 0; i < dZ.rows; i++) sum += dz[dZ.offset + i * dZ.cols + j]!;
    sums[db.offset + j] = sum;
  }
};

/** Every element of Y = value. */
export const fill: Verbs["fill"] = (Y, value) => {
  Y.host.fill(value);
};

/** Y = X. */
export const copy: Verbs["copy"] = (Y, X) => {
  const y = Y.block.host;
  const x = X.block.host;
  for (let i = 0; i < Y.size; i++) y[Y.offset + i] = x[X.offset + i]!;
};

/** C = A + B, elementwise. */
export const add: Verbs["add"] = (C, A, B) => {
  const c = C.block.host;
  const a = A.block.host;
  const b = B.block.host;
  for (let i = 0; i < C.size; i++) c[C.offset + i] = a[A.offset + i]! + b[B.offset + i]!;
};

/** C holds what its sums start from. */
function begin(C: Matrix, start: Matrix | null): void {
  if (start === C) return;
  const c = C.block.host;
  if (start === null) {
    c.fill(0, C.offset, C.offset + C.size);
    return;
  }
  const b = start.block.host;
  for (let i = 0; i < C.rows; i++) {
    for (let j = 0; j < C.cols; j++) c[C.offset + i * C.cols + j] = b[start.offset + j]!;
  }
}

/** Elements from one row of M to the next, and from one column to the next. */
const rowStep = (M: Matrix) => (M.transposed ? 1 : M.cols);
const colStep = (M: Matrix) => (M.transposed ? M.rows : 1);

/** C[i,j] += Σ_p A[i,p] B[p,j]. */
function element(C: Matrix, A: Matrix, B: Matrix, i: number, j: number): void {
  const c = C.block.host;
  const a = A.block.host;
  const b = B.block.host;
  const at = C.offset + i * C.cols + j;
  const aStep = colStep(A);
  const bStep = rowStep(B);
  let pa = A.offset + i * rowStep(A);
  let pb = B.offset + j * colStep(B);
  let sum = c[at]!;
  for (let p = 0; p < A.cols; p++, pa += aStep, pb += bStep) sum += a[pa]! * b[pb]!;
  c[at] = sum;
}

/** C[i…i+3, j…j+1] += A[i…i+3, :] · B[:, j…j+1]: eight sums at once, so that every number read is used often. */
function tile(C: Matrix, A: Matrix, B: Matrix, i: number, j: number): void {
  const c = C.block.host;
  const a = A.block.host;
  const b = B.block.host;
  const c0 = C.offset + i * C.cols + j;
  const c1 = c0 + C.cols;
  const c2 = c1 + C.cols;
  const c3 = c2 + C.cols;
  const a0 = A.offset + i * rowStep(A);
  const a1 = a0 + rowStep(A);
  const a2 = a1 + rowStep(A);
  const a3 = a2 + rowStep(A);
  const b0 = B.offset + j * colStep(B);
  const b1 = b0 + colStep(B);
  const aStep = colStep(A);
  const bStep = rowStep(B);
  const k = A.cols;
  let c00 = c[c0]!;
  let c01 = c[c0 + 1]!;
  let c10 = c[c1]!;
  let c11 = c[c1 + 1]!;
  let c20 = c[c2]!;
  let c21 = c[c2 + 1]!;
  let c30 = c[c3]!;
  let c31 = c[c3 + 1]!;
  for (let p = 0, pa = 0, pb = 0; p < k; p++, pa += aStep, pb += bStep) {
    const x0 = a[a0 + pa]!;
    const x1 = a[a1 + pa]!;
    const x2 = a[a2 + pa]!;
    const x3 = a[a3 + pa]!;
    const y0 = b[b0 + pb]!;
    const y1 = b[b1 + pb]!;
    c00 += x0 * y0;
    c01 += x0 * y1;
    c10 += x1 * y0;
    c11 += x1 * y1;
    c20 += x2 * y0;
    c21 += x2 * y1;
    c30 += x3 * y0;
    c31 += x3 * y1;
  }
  c[c0] = c00;
  c[c0 + 1] = c01;
  c[c1] = c10;
  c[c1 + 1] = c11;
  c[c2] = c20;
  c[c2 + 1] = c21;
  c[c3] = c30;
  c[c3 + 1] = c31;
}
