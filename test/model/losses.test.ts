/** What losses ask of data and outputs: widths, tasks, weights, and the way from logits to predictions. */
import { describe, expect, test } from "vitest";
import type { LossSpec } from "../../src/config/schema.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import {
  applyLink,
  averageOf,
  balancedWeights,
  defaultLoss,
  lossRule,
  outputsOf,
} from "../../src/model/losses.ts";
import type { LossName } from "../../src/tasks/losses.ts";
import { taskNames, tasksOf } from "../../src/tasks/tasks.ts";
import golden from "../golden/gaussian.json" with { type: "json" };
import quantiles from "../golden/quantiles.json" with { type: "json" };

const k = new Kernels(openReference(64));

describe("outputsOf", () => {
  test.each([
    ["cross_entropy", "classification", 10, 1, 10],
    ["bce_with_logits", "classification", 2, 1, 1],
    ["bce_with_logits", "multilabel", 0, 4, 4],
    ["cross_entropy", "multioutput", 8, 3, 8],
    ["mse", "regression", 0, 2, 2],
    ["gaussian_nll", "regression", 0, 2, 4],
  ] as const)("%s for %s with %i classes and %i targets has %i", (loss, task, classes, targets, outputs) => {
    expect(outputsOf(loss, task, classes, targets)).toBe(outputs);
  });

  test("a loss for another task is refused with the losses that fit", () => {
    expect(() => outputsOf("mse", "classification", 3, 1)).toThrow(
      "loss: mse is a loss for regression, the task is classification; expected one of cross_entropy, focal, bce_with_logits",
    );
  });

  test("logistic loss for more than two classes is refused", () => {
    expect(() => outputsOf("bce_with_logits", "classification", 3, 1)).toThrow("distinguishes two classes");
  });

  test("every task has a default loss that fits it", () => {
    for (const task of taskNames) expect(tasksOf(defaultLoss(task).name)).toContain(task);
  });
});

describe("lossRule", () => {
  const rule = (loss: LossSpec, outputs: number) => {
    const { parameter, weights } = lossRule(k, loss, outputs);
    return { parameter, weights: weights && [...weights.host] };
  };

  test("balanced class weights are rows / (classes · rows of the class)", () => {
    expect(balancedWeights([30, 10])).toEqual([40 / 60, 40 / 20]);
  });

  test("weights and smoothing are the rule's", () => {
    const loss: LossSpec = { name: "cross_entropy", label_smoothing: 0.1, class_weights: [1, 2] };
    expect(rule(loss, 2)).toEqual({ parameter: 0.1, weights: [1, 2] });
  });

  test("one positive weight holds for all outputs", () => {
    expect(rule({ name: "bce_with_logits", pos_weight: 3 }, 2).weights).toEqual([3, 3]);
  });

  test("a list of weights must have one for each output", () => {
    const loss: LossSpec = { name: "cross_entropy", label_smoothing: 0, class_weights: [1, 2] };
    expect(() => rule(loss, 3)).toThrow("loss.class_weights: 2 weights for 3 outputs; expected one for each");
  });
});

describe("gaussian_nll", () => {
  test.each(golden.cases)("has torch's loss and gradients, case %#", (one) => {
    const [rows, n] = [one.mean.length, one.mean[0]!.length];
    const [S, dS, Y] = [k.matrix(rows, 2 * n), k.matrix(rows, 2 * n), k.matrix(rows, n)];
    const beside = (left: number[][], right: number[][]) => left.flatMap((row, r) => [...row, ...right[r]!]);
    S.host.set(beside(one.mean, one.log_variance));
    Y.host.set(one.target.flat());
    const totals = k.backend.doubles(totalCells.count);
    k.loss(dS, S, Y, null, lossRule(k, { name: "gaussian_nll", eps: 1e-6 }, 2 * n, null), totals);
    expect(totals.host[totalCells.loss]! / rows).toBeCloseTo(one.loss, 12);
    const expected = beside(one.grad_mean, one.grad_log_variance);
    dS.host.forEach((slope, i) => {
      expect(slope).toBeCloseTo(expected[i]!, 12);
    });
  });
});

describe("quantiles", () => {
  test.each(quantiles.cases)("have torch's loss and gradients, case %#", (one) => {
    const [rows, outputs, targets] = [one.outputs.length, one.outputs[0]!.length, one.target[0]!.length];
    const [S, dS, Y] = [k.matrix(rows, outputs), k.matrix(rows, outputs), k.matrix(rows, targets)];
    S.host.set(one.outputs.flat());
    Y.host.set(one.target.flat());
    const totals = k.backend.doubles(totalCells.count);
    const rule = lossRule(k, { name: "quantile", quantile: 0.5, quantiles: one.quantiles }, outputs);
    k.loss(dS, S, Y, null, rule, totals);
    expect(totals.host[totalCells.loss]! / rows).toBeCloseTo(one.loss, 12);
    const expected = one.grad.flat();
    dS.host.forEach((slope, i) => {
      expect(slope).toBeCloseTo(expected[i]!, 12);
    });
  });
});

describe("applyLink", () => {
  const linked = (loss: LossName, outputs: number[], n: number) => {
    const values = Float64Array.from(outputs);
    applyLink(loss, values, n);
    return [...values];
  };

  test("cross-entropy's logits become probabilities of each row, however large", () => {
    const [a, b, c, d] = linked("cross_entropy", [0, Math.log(3), 1000, 1000], 2);
    expect([a, b]).toEqual([expect.closeTo(0.25, 12), expect.closeTo(0.75, 12)]);
    expect([c, d]).toEqual([0.5, 0.5]);
  });

  test("logistic loss gives a probability each, Poisson a rate, the others the number itself", () => {
    expect(linked("bce_with_logits", [0, 800, -800], 3)).toEqual([0.5, 1, 0]);
    expect(linked("poisson_nll", [0, 1], 1)).toEqual([1, Math.E]);
    expect(linked("mse", [-1.5], 1)).toEqual([-1.5]);
  });

  test("of several targets, each one's outputs are a distribution of their own", () => {
    const values = Float64Array.from([0, Math.log(3), 0, 0, 800, -800, 1, 1, 1, 1]);
    applyLink("cross_entropy", values, 5, [2, 3]);
    const third = expect.closeTo(1 / 3, 12);
    expect([...values]).toEqual([
      expect.closeTo(0.25, 12),
      expect.closeTo(0.75, 12),
      0,
      0,
      1,
      0,
      1,
      third,
      third,
      third,
    ]);
  });
});

describe("several targets of classes", () => {
  const blocks = [3, 2];
  const logits = [0.3, -1, 2, 0.5, -0.2, 1.5, 0, -0.5, -2, 1];
  const classes = [2, 0, 1, 1];
  const rowWeights = [1, 3];

  /** Loss and gradient of outputs [2, n] with class numbers [2, targets]. */
  const measured = (loss: LossSpec, S: number[], Y: number[], of: number[] | null) => {
    const n = S.length / 2;
    const [scores, dS, targets] = [k.matrix(2, n), k.matrix(2, n), k.matrix(2, Y.length / 2)];
    const weights = k.matrix(2, 1);
    scores.host.set(S);
    targets.host.set(Y);
    weights.host.set(rowWeights);
    const totals = k.backend.doubles(totalCells.count);
    k.loss(dS, scores, targets, weights, lossRule(k, loss, n, of), totals);
    const { host: values } = totals;
    return {
      loss: values[totalCells.loss]! / values[totalCells.weight]!,
      right: values[totalCells.correct]!,
      rows: values[totalCells.rows]!,
      dS: [...dS.host],
    };
  };

  test.each<LossSpec>([
    { name: "cross_entropy", label_smoothing: 0, class_weights: null },
    { name: "cross_entropy", label_smoothing: 0.2, class_weights: null },
    { name: "focal", gamma: 2, class_weights: null },
  ])("have the sum of their losses under %o, and each its own gradient", (loss) => {
    const all = measured(loss, logits, classes, blocks);
    const first = measured(loss, [0.3, -1, 2, 1.5, 0, -0.5], [2, 1], null);
    const second = measured(loss, [0.5, -0.2, -2, 1], [0, 1], null);
    expect(all.loss).toBeCloseTo(first.loss + second.loss, 12);
    const own = [first.dS.slice(0, 3), second.dS.slice(0, 2), first.dS.slice(3), second.dS.slice(2)].flat();
    all.dS.forEach((d, i) => {
      expect(d).toBeCloseTo(own[i]!, 12);
    });
    expect([first.right, second.right, all.right, all.rows]).toEqual([1, 2, 3, 2]);
  });

  test("have no class weights: their mean would be over other rows for each", () => {
    const weighted: LossSpec = { name: "cross_entropy", label_smoothing: 0, class_weights: [1, 1, 1, 1, 1] };
    expect(() => measured(weighted, logits, classes, blocks)).toThrow("without weights");
  });

  test("are averaged by their logits in ensembles, others by what they mean", () => {
    expect(averageOf("cross_entropy", "multioutput")).toBe("identity");
    expect(averageOf("cross_entropy", "classification")).toBe("softmax");
    expect(averageOf("gaussian_nll", "regression")).toBe("gaussian");
  });
});

describe("focal loss", () => {
  const scores = [0.3, -1, 2, 1.5, 0, -0.5];
  const measured = (loss: LossSpec) => {
    const [S, dS, Y] = [k.matrix(2, 3), k.matrix(2, 3), k.matrix(2, 1)];
    S.host.set(scores);
    Y.host.set([2, 1]);
    const totals = k.backend.doubles(totalCells.count);
    k.loss(dS, S, Y, null, lossRule(k, loss, 3, null), totals);
    return { dS: [...dS.host], loss: totals.host[totalCells.loss]! / totals.host[totalCells.weight]! };
  };
  const class_weights = [1, 2, 3];

  test("with gamma 0 is cross-entropy, class weights included", () => {
    const focal = measured({ name: "focal", gamma: 0, class_weights });
    const plain = measured({ name: "cross_entropy", label_smoothing: 0, class_weights });
    expect(focal.loss).toBeCloseTo(plain.loss, 12);
    focal.dS.forEach((d, i) => {
      expect(d).toBeCloseTo(plain.dS[i]!, 12);
    });
  });

  test("is the mean of −(1 − p)^gamma · log p", () => {
    const p = (row: number[], t: number) => Math.exp(row[t]!) / row.reduce((sum, s) => sum + Math.exp(s), 0);
    const [a, b] = [p(scores.slice(0, 3), 2), p(scores.slice(3), 1)];
    const expected = (-((1 - a) ** 2) * Math.log(a) - (1 - b) ** 2 * Math.log(b)) / 2;
    expect(measured({ name: "focal", gamma: 2, class_weights: null }).loss).toBeCloseTo(expected, 12);
  });
});

describe("what a loss counts:", () => {
  /** Totals of logits S [rows, n] and targets Y, without gradients; rows weigh as said. */
  const totalsOf = (loss: LossSpec, S: number[][], Y: number[][], rowWeights: number[] | null = null) => {
    const matrixOf = (rows: number[][]) => {
      const M = k.matrix(rows.length, rows[0]!.length);
      M.host.set(rows.flat());
      return M;
    };
    const totals = k.backend.doubles(totalCells.count);
    const weights = rowWeights && matrixOf(rowWeights.map((weight) => [weight]));
    const rule = lossRule(k, loss, S[0]!.length, null);
    k.loss(null, matrixOf(S), matrixOf(Y), weights, rule, totals);
    const { correct, rows, weight } = totalCells;
    return [correct, rows, weight].map((cell) => totals.host[cell]);
  };
  const S = [
    [1, 0, 0.5],
    [0, 2, 3],
    [0, 2, 3],
    [1, 1, 0],
  ];
  const Y = [[0], [2], [1], [1]];

  test.each<LossSpec>([
    { name: "cross_entropy", label_smoothing: 0, class_weights: null },
    { name: "focal", gamma: 2, class_weights: null },
  ])("$name is right where the target has the largest score, the first of equals", (loss) => {
    expect(totalsOf(loss, S, Y)).toEqual([2, 4, 4]);
    expect(totalsOf(loss, S, Y, [1, 2, 0, 0.5])).toEqual([2, 4, 3.5]);
  });

  test("logistic loss is right where a score above 0 meets a label", () => {
    const loss: LossSpec = { name: "bce_with_logits", pos_weight: null };
    const right = [
      [1, -1, 0],
      [2, -2, -1],
    ];
    const labels = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    expect(totalsOf(loss, right, labels, [1, 3])).toEqual([4, 2, 4]);
  });

  test("losses of numbers know no right ones", () => {
    expect(totalsOf({ name: "mse" }, [[1], [0]], [[1], [1]], [1, 3])).toEqual([0, 2, 4]);
    const gaussian: LossSpec = { name: "gaussian_nll", eps: 1e-6 };
    expect(totalsOf(gaussian, [[1, 0]], [[1]], [3])).toEqual([0, 1, 3]);
  });
});

test("focal loss falls as its gradient says", () => {
  const [S, dS, Y] = [k.matrix(1, 3), k.matrix(1, 3), k.matrix(1, 1)];
  Y.host[0] = 2;
  const rule = lossRule(k, { name: "focal", gamma: 2, class_weights: [1, 2, 3] }, 3, null);
  const at = (scores: number[]) => {
    S.host.set(scores);
    const totals = k.backend.doubles(totalCells.count);
    k.loss(dS, S, Y, null, rule, totals);
    const { host: values } = totals;
    return values[totalCells.loss]! / values[totalCells.weight]!;
  };
  const scores = [0.3, -1, 0.8];
  const h = 1e-5;
  for (const j of scores.keys()) {
    const moved = (by: number) => at(scores.map((s, i) => (i === j ? s + by : s)));
    const slope = (moved(h) - moved(-h)) / (2 * h);
    at(scores);
    expect(dS.host[j]).toBeCloseTo(slope, 8);
  }
});
