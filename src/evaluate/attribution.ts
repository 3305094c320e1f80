/**
 * Integrated gradients (Sundararajan, Taly and Yan 2017): how much every input of a row contributes to an answer,
 * compared with the answer f(x₀) for a baseline x₀. In 64 bit, by the reference kernels: few rows, and the same bits
 * everywhere.
 */
import { inputWidth, outputWidth } from "../data/preprocessing/preprocessing.ts";
import { Kernels } from "../engine/kernels.ts";
import type { Floats } from "../engine/matrix.ts";
import { openReference } from "../engine/reference/backend.ts";
import { describeModel } from "../model/describe.ts";
import { membersOf } from "../model/members.ts";
import { buildModel, type Model } from "../model/model.ts";
import { checkTensors } from "../model/tensors.ts";
import { type Answer, answerTo, type Question } from "./answerSlopes.ts";
import type { SavedModel } from "./savedModel.ts";

/** Points of a path that are evaluated together. */
const batch = 32;

export interface Attribution {
  /** f(x). */
  readonly value: number;
  /** f(x₀). */
  readonly baseline: number;
  /** Per input; their sum is value − baseline, up to a small discretisation error. */
  readonly inputs: Float64Array;
}

export class Attributor {
  private readonly k = new Kernels(openReference(64));
  private readonly members: readonly Model[];
  private readonly question: Omit<Question, "index">;
  private readonly width: number;

  /** @throws UserError (exit code 4) if tensors and layers do not fit */
  constructor({ path, preprocessing, layers, checkpoint }: SavedModel) {
    const { k } = this;
    const ends = { inputWidth: inputWidth(preprocessing), outputWidth: outputWidth(preprocessing) };
    const given = [...checkpoint.parameters, ...checkpoint.buffers];
    const { layers: described } = describeModel(layers, ends.inputWidth, ends.outputWidth);
    checkTensors(
      described.flatMap(({ tensors }) => tensors),
      given,
      path,
    );
    const { networks, average } = membersOf(layers, new Map(given.map((tensor) => [tensor.name, tensor])));
    this.members = networks.map(({ layers, tensors }) => {
      const model = buildModel(k, layers, { ...ends, seed: 0, init: { name: "zeros" } });
      model.load(tensors, path);
      return model;
    });
    this.question = { preprocessing, average, shares: networks.map(({ share }) => share) };
    this.width = ends.inputWidth;
  }

  /** f(x), as `predict` gives it, for the class, label or target number `index`. */
  async value(x: Floats, index: number): Promise<number> {
    return (await this.along(1, (_, at) => at.set(x), index))[0]!.value;
  }

  /** f(x) and ∂f/∂x. */
  async gradient(x: Floats, index: number): Promise<{ value: number; gradient: Float64Array }> {
    const gradient = new Float64Array(this.width);
    const [answer] = await this.along(1, (_, at) => at.set(x), index, gradient);
    return { value: answer!.value, gradient };
  }

  /** (x − x₀) ⊙ the mean of ∂f/∂x at the middles of `steps` equal parts of the line from x₀ to x. */
  async attribute(x: Floats, x0: Floats, index: number, steps: number): Promise<Attribution> {
    const sum = new Float64Array(this.width);
    const point = (step: number, at: Floats) => {
      const share = (step + 0.5) / steps;
      for (let j = 0; j < at.length; j++) at[j] = x0[j]! + share * (x[j]! - x0[j]!);
    };
    await this.along(steps, point, index, sum);
    return {
      value: await this.value(x, index),
      baseline: await this.value(x0, index),
      inputs: sum.map((total, j) => ((x[j]! - x0[j]!) * total) / steps),
    };
  }

  /** Answers at `count` points; their gradients are added to `sum`, if it is given. */
  private async along(
    count: number,
    point: (number: number, at: Floats) => void,
    index: number,
    sum: Float64Array | null = null,
  ): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let first = 0; first < count; first += batch) {
      const size = Math.min(batch, count - first);
      const passes = this.members.map((model) => model.plan(size, { inputGradient: true }));
      for (const { X } of passes) {
        this.k.write(X, (x) => {
          for (let r = 0; r < size; r++) point(first + r, x.subarray(r * X.cols, (r + 1) * X.cols));
        });
      }
      for (const pass of passes) pass.forward("evaluate");
      const n = passes[0]!.S.cols;
      const outputs = await Promise.all(passes.map(({ S }) => this.k.read(S)));
      const rows = Array.from({ length: size }, (_, r) =>
        answerTo(
          { ...this.question, index },
          outputs.map((S) => Float64Array.from(S.subarray(r * n, (r + 1) * n))),
        ),
      );
      answers.push(...rows);
      if (sum === null) continue;
      for (const [m, pass] of passes.entries()) {
        this.k.write(pass.dS, (dS) => {
          for (const [r, { slopes }] of rows.entries()) dS.set(slopes[m]!, r * n);
        });
        pass.backward();
        const dX = await this.k.read(pass.dX!);
        for (let i = 0; i < dX.length; i++) sum[i % this.width]! += dX[i]!;
      }
    }
    return answers;
  }
}
