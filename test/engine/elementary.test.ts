/** exp, log and their kin in the C kernels: close to the true value over all exponents, signs and exceptions. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKernels } from "../../src/engine/choose.ts";
import type { FastBackend } from "../../src/engine/fast/backend.ts";
import { type ElementaryName, elementaryNames } from "../../src/engine/fast/encoders.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { erf, logistic, softplus } from "../../src/engine/special.ts";
import { randomBits, streamKey } from "../../src/support/random.ts";

/** Math.exp and its kin are themselves off by an ulp of 64 bit, which is nothing here. */
const truths: Record<ElementaryName | "tanh" | "sigmoid" | "softplus", (x: number) => number> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p_unit: (x) => (x >= 0 && x <= 1 ? Math.log1p(x) : Number.NaN),
  erf,
  tanh: Math.tanh,
  sigmoid: logistic,
  softplus,
};

/** Every exponent with both signs, 64 mantissas each; then the exceptions. */
const samples = Float32Array.from({ length: 512 * 64 + 8 });
const words = new Uint32Array(samples.buffer);
for (let i = 0; i < 512 * 64; i++) {
  words[i] = (i >> 6) * 2 ** 23 + (randomBits(streamKey(1, "init"), i) & 0x7fffff);
}
samples.set([0, -0, Infinity, -Infinity, Number.NaN, 1, -1, 2 ** -149], 512 * 64);

/** Distance of `got` from `want` in units of the last place that a float of that size has. */
function ulps(got: number, want: number): number {
  const rounded = Math.fround(want);
  if (Object.is(got, rounded) || (Number.isNaN(got) && Number.isNaN(want)) || got === rounded) return 0;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(want))), -126);
  return Math.abs(got - want) / 2 ** (exponent - 23);
}

/** The bound, and 4 where multiply-add rounds twice. */
const bounds = { fused: 2, plain: 4 };

describe.each([
  { kernels: "native", isa: null },
  { kernels: "wasm", isa: "relaxed" },
  { kernels: "wasm", isa: "plain" },
] as const)("$kernels $isa", (choice) => {
  let backend: FastBackend;
  beforeAll(async () => {
    backend = (await openKernels({ ...choice, threads: 1 })).backend as FastBackend;
  });
  afterAll(() => backend.close());

  test.each(Object.entries(truths))("%s is within the bound of the true value", (name, truth) => {
    const k = new Kernels(backend);
    const [X, Y] = [k.matrix(1, samples.length), k.matrix(1, samples.length)];
    X.host.set(samples);
    if (name === "tanh" || name === "sigmoid" || name === "softplus") k.activate(Y, X, name);
    else backend.elementary(Y, X, elementaryNames.find((known) => known === name)!);
    const got = Y.host;
    let worst = { ulps: 0, x: 0, got: 0 };
    samples.forEach((x, i) => {
      if (name === "log1p_unit" && !(x >= 0 && x <= 1)) return;
      const apart = ulps(got[i]!, truth(x));
      if (!(apart <= worst.ulps)) worst = { ulps: apart, x, got: got[i]! };
    });
    expect(worst.ulps, JSON.stringify(worst)).toBeLessThanOrEqual(
      backend.fused ? bounds.fused : bounds.plain,
    );
  });
});
