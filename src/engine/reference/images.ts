/** Random changes of a batch's images: sampling through affine maps, and fields of elastic displacements. */
import { randomBits } from "../../support/random.ts";
import type { Floats, Matrix } from "../matrix.ts";
import type { Verbs } from "../verbs.ts";

/** Y(u, v) = X(a·u + b·v + c + dx, d·u + e·v + f + dy), u and v counted from the image's middle; bilinear. */
export const warp: Verbs["warp"] = (Y, X, rule, first) => {
  const { maps, displacements: D, height, width, fill } = rule;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const coefficients = maps.block.host;
  const y = Y.block.host;
  for (let r = 0; r < X.rows; r++) {
    const image = { values: X.block.host, from: X.offset + r * X.cols, height, width, fill };
    const map = maps.offset + (first + r) * maps.cols;
    for (let pixel = 0; pixel < X.cols; pixel++) {
      const u = (pixel % width) - middleX;
      const v = Math.floor(pixel / width) - middleY;
      let sourceX = middleX + coefficients[map + 2]! + coefficients[map + 1]! * v + coefficients[map]! * u;
      let sourceY =
        middleY + coefficients[map + 5]! + coefficients[map + 4]! * v + coefficients[map + 3]! * u;
      if (D) {
        sourceX += D.block.host[D.offset + r * D.cols + pixel]!;
        sourceY += D.block.host[D.offset + r * D.cols + X.cols + pixel]!;
      }
      y[Y.offset + r * Y.cols + pixel] = sample(image, sourceX, sourceY);
    }
  }
};

interface Image {
  readonly values: Floats;
  readonly from: number;
  readonly height: number;
  readonly width: number;
  /** What lies around the image. */
  readonly fill: number;
}

/** Between the four pixels around (x, y), in proportion to their nearness. */
function sample(image: Image, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const upper = between(pixelAt(image, left, top), pixelAt(image, left + 1, top), x - left);
  const lower = between(pixelAt(image, left, top + 1), pixelAt(image, left + 1, top + 1), x - left);
  return between(upper, lower, y - top);
}

const between = (a: number, b: number, share: number) => a + share * (b - a);

function pixelAt({ values, from, height, width, fill }: Image, x: number, y: number): number {
  return x >= 0 && x < width && y >= 0 && y < height ? values[from + y * width + x]! : fill;
}

/** D = alpha · (bell along rows and columns of noise uniform in [−1, 1]); of each image dx, then dy. */
export const elastic: Verbs["elastic"] = (D, { bell, alpha, height, width }, key, first) => {
  const d = D.block.host;
  const noiseBefore = first * D.cols;
  for (let i = 0; i < D.size; i++) d[D.offset + i] = (randomBits(key, noiseBefore + i) | 0) * 2 ** -31;
  const line: number[] = [];
  for (let plane = D.offset; plane < D.offset + D.size; plane += height * width) {
    for (let y = 0; y < height; y++)
      smooth(d, { start: plane + y * width, step: 1, length: width }, bell, 1, line);
    for (let x = 0; x < width; x++)
      smooth(d, { start: plane + x, step: width, length: height }, bell, alpha, line);
  }
};

/** One row or column of an image becomes Σ_k bell[k] · its neighbour k − radius, times `factor`; around it lies 0. */
function smooth(
  values: Floats,
  { start, step, length }: { start: number; step: number; length: number },
  bell: Matrix,
  factor: number,
  line: number[],
): void {
  const radius = (bell.cols - 1) / 2;
  for (let i = 0; i < length; i++) line[i] = values[start + i * step]!;
  for (let i = 0; i < length; i++) {
    let sum = 0;
    const end = Math.min(length, i + radius + 1);
    for (let j = Math.max(0, i - radius); j < end; j++) {
      sum += bell.block.host[bell.offset + j - i + radius]! * line[j]!;
    }
    values[start + i * step] = factor * sum;
  }
}
