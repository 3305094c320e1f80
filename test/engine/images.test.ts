/** What resampling must and must not change, to the last bit; and that fused backends agree to that bit. */
import { describe, expect, test } from "vitest";
import { openKernels } from "../../src/engine/choose.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import type { Matrix } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import type { Warp } from "../../src/engine/verbs.ts";
import { randomNormal, streamKey } from "../../src/support/random.ts";
import { emulationIsHere } from "./emulation.ts";

const k = new Kernels(openReference(32));
const fill = -3;
const [height, width] = [5, 7];

function images(rows: number, pixels = height * width): Matrix {
  const M = k.matrix(rows, pixels);
  for (let i = 0; i < M.size; i++) M.block.host[i] = randomNormal(streamKey(1, "init"), i);
  return M;
}

function maps(...rows: number[][]): Matrix {
  const M = k.matrix(rows.length, 6);
  M.block.host.set(rows.flat());
  return M;
}

function warped(X: Matrix, rule: Partial<Warp> & { maps: Matrix }, first = 0): number[] {
  const Y = k.matrix(X.rows, X.cols);
  k.warp(Y, X, { displacements: null, height, width, fill, ...rule }, first);
  return [...Y.block.host];
}

const identity = [1, 0, 0, 0, 1, 0];
const values = (M: Matrix) => [...M.block.host.slice(M.offset, M.offset + M.size)];

describe("warp", () => {
  test("the identity changes no bit", () => {
    const X = images(3);
    expect(warped(X, { maps: maps(identity, identity, identity) })).toEqual(values(X));
  });

  test.each([
    [0, 1],
    [-2, 0],
    [1, -3],
    [width, 0],
    [1e9, -1e9],
  ])("a shift by (%i, %i) pixels moves every pixel, and brings in the background", (dx, dy) => {
    const X = images(1);
    const expected = Array.from({ length: X.cols }, (_, pixel) => {
      const [x, y] = [(pixel % width) + dx, Math.floor(pixel / width) + dy];
      return x >= 0 && x < width && y >= 0 && y < height ? values(X)[y * width + x] : fill;
    });
    expect(warped(X, { maps: maps([1, 0, dx, 0, 1, dy]) })).toEqual(expected);
  });

  test("four quarter turns of a square, one after the other, bring it back; two turn it upside down", () => {
    const square = { height: 6, width: 6, maps: maps([0, 1, 0, -1, 0, 0]) };
    let turned = images(1, 36);
    const before = values(turned);
    for (let turn = 1; turn <= 4; turn++) {
      const next = k.matrix(1, 36);
      next.block.host.set(warped(turned, square));
      turned = next;
      if (turn === 2) expect(values(turned)).toEqual(before.toReversed());
      else if (turn < 4) expect(values(turned)).not.toEqual(before);
    }
    expect(values(turned)).toEqual(before);
  });

  test("half a pixel aside lies the mean of two neighbours", () => {
    const X = images(1, 3);
    const [a, b, c] = values(X) as [number, number, number];
    const Y = warped(X, { height: 1, width: 3, fill: 0, maps: maps([1, 0, 0.5, 0, 1, 0]) });
    [(a + b) / 2, (b + c) / 2, c / 2].forEach((mean, i) => {
      expect(Y[i]).toBeCloseTo(mean, 6);
    });
  });

  test("displacements move single pixels on", () => {
    const X = images(1);
    const displacements = k.matrix(1, 2 * X.cols);
    displacements.block.host[3] = 2;
    displacements.block.host[X.cols + 8] = 1;
    const Y = warped(X, { maps: maps(identity), displacements });
    const expected = values(X).map((x, pixel, all) => {
      if (pixel === 3) return all[5];
      return pixel === 8 ? all[8 + width] : x;
    });
    expect(Y).toEqual(expected);
  });

  test("a row's map is found by its place in the epoch, however rows fall into batches", () => {
    const X = images(4);
    const all = maps(...[0.1, 0.2, 0.3, 0.4].map((b) => [1, b, 0.3, -b, 0.9, b]));
    const one = warped(X, { maps: all });
    const split = [0, 1, 2, 3].flatMap((r) => warped(X.view(1, X.cols, r * X.cols), { maps: all }, r));
    expect(split).toEqual(one);
  });
});

describe("elastic", () => {
  const rule = { bell: k.matrix(1, 7), alpha: 4, height, width };
  rule.bell.block.host.set([0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05]);
  const field = (rows: number, first: number, key = streamKey(0, "augment", 3)) => {
    const D = k.matrix(rows, 2 * height * width);
    k.elastic(D, rule, key, first);
    return values(D);
  };

  test("an image's field follows from its place alone, and is another for each key", () => {
    expect([0, 1, 2].flatMap((r) => field(1, r))).toEqual(field(3, 0));
    expect(field(1, 0)).not.toEqual(field(1, 1));
    expect(field(1, 0)).not.toEqual(field(1, 0, streamKey(0, "augment", 4)));
  });

  test("its mean is about 0, it stays within alpha, and neighbours are alike", () => {
    const D = field(100, 0);
    const mean = D.reduce((sum, d) => sum + d, 0) / D.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.max(...D.map(Math.abs))).toBeLessThan(rule.alpha);
    const squares = D.reduce((sum, d) => sum + d * d, 0);
    const steps = D.reduce((sum, d, i) => sum + (i % width ? (d - D[i - 1]!) ** 2 : 0), 0);
    expect(steps).toBeLessThan(0.5 * squares);
  });
});

test("every fused backend gives the same bits, with any number of threads", async () => {
  const rows = 9;
  const outcome = async (kernels: "native" | "wasm" | "cuda", isa: string, threads: number) => {
    const { backend } = await openKernels({ kernels, isa, threads });
    const fast = new Kernels(backend);
    const drawn = (count: number, cols: number, stream: number) => {
      const M = fast.matrix(count, cols);
      const { host: values } = M.block;
      for (let i = 0; i < M.size; i++) values[i] = randomNormal(streamKey(stream, "init"), i);
      return M;
    };
    const size = { height: 19, width: 28 };
    const X = drawn(rows, 19 * 28, 1);
    const displacements = fast.matrix(rows, 2 * X.cols);
    const Y = fast.matrix(rows, X.cols);
    fast.elastic(displacements, { bell: drawn(1, 25, 2), alpha: 1, ...size }, streamKey(3, "augment"), 5);
    fast.warp(Y, X, { maps: drawn(rows, 6, 4), displacements, fill: 0.1, ...size }, 0);
    await fast.sync();
    const numbers = [values(displacements), values(Y)];
    await backend.close();
    return numbers;
  };
  const first = await outcome("native", "avx2", 1);
  expect(await outcome("native", "avx2", 3)).toEqual(first);
  expect(await outcome("wasm", "relaxed", 1)).toEqual(first);
  expect(await outcome("wasm", "relaxed", 2)).toEqual(first);
  if (emulationIsHere()) expect(await outcome("cuda", "emulated", 1)).toEqual(first);
});
