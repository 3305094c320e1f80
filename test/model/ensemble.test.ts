/** Members of an ensemble: which rows they train on, what they answer together, what they share. */
import { expect, test } from "vitest";
import type { LayerSpec } from "../../src/config/schema.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { links } from "../../src/model/losses.ts";
import { buildModel, type Model } from "../../src/model/model.ts";
import type { Link } from "../../src/tasks/losses.ts";

type Members = Extract<LayerSpec, { type: "ensemble" }>;

const k = new Kernels(openReference(64));
const layers: Members["layers"] = [
  { type: "linear", width: 4, bias: true },
  { type: "tanh" },
  { type: "residual", layers: [{ type: "linear", width: 4, bias: true }] },
  { type: "linear", width: 4, bias: true },
];
const plain = layers.filter(({ type }) => type !== "residual");
const ensemble = (options: Partial<Members>): Members => ({
  type: "ensemble",
  members: 3,
  shared: false,
  average: "identity",
  layers,
  ...options,
});
const build = (stack: LayerSpec[]) =>
  buildModel(k, stack, { inputWidth: 2, outputWidth: 4, seed: 3, init: { name: "default" } });
const X = [0.5, -1, 2, 0.1, -0.3, 0.8, 1.5, -2, 0, 1];

/** S [5, 4] of rows X. */
function outputs(model: Model, mode: "train" | "evaluate"): number[] {
  const pass = model.plan(5);
  pass.X.host.set(X);
  pass.forward(mode);
  return [...pass.S.host];
}

const tensorsOf = ({ parameters, buffers }: Model) =>
  [...parameters, ...buffers].map(({ name, shape, value }) => ({ name, shape, values: value.host }));

/** Member m of an ensemble as a network of its own. */
function alone(model: Model, m: number): Model {
  const member = build(layers);
  const own = tensorsOf(model).filter(({ name }) => name.startsWith(`layers.0.${m}.`));
  const renamed = own.map((tensor) => ({
    ...tensor,
    name: tensor.name.replace(`layers.0.${m}.`, "layers."),
  }));
  member.load(renamed, "member");
  return member;
}

test("members have tensors of their own, and share the linear layers' weights if asked to", () => {
  const names = (spec: Members) =>
    tensorsOf(build([spec])).map(({ name, shape }) => `${name} ${shape.join("×")}`);
  expect(names(ensemble({ members: 2, layers: layers.slice(2) }))).toEqual(
    ["0", "1"].flatMap((member) => [
      `layers.0.${member}.0.0.weight 4×2`,
      `layers.0.${member}.0.0.bias 4`,
      `layers.0.${member}.1.weight 4×2`,
      `layers.0.${member}.1.bias 4`,
    ]),
  );
  expect(names(ensemble({ members: 2, shared: true, layers: plain.slice(0, 1) }))).toEqual([
    "layers.0.shared.0.weight 4×2",
    "layers.0.0.0.input_scale 2",
    "layers.0.0.0.output_scale 4",
    "layers.0.0.0.bias 4",
    "layers.0.1.0.input_scale 2",
    "layers.0.1.0.output_scale 4",
    "layers.0.1.0.bias 4",
  ]);
});

test("in training every member computes its own share of the rows", () => {
  const model = build([ensemble({})]);
  const together = outputs(model, "train");
  const [first, second, third] = [0, 1, 2].map((m) => outputs(alone(model, m), "train"));
  expect(together).toEqual([...first!.slice(0, 4), ...second!.slice(4, 12), ...third!.slice(12)]);
});

test.each(["identity", "exp", "sigmoid", "softmax"] as Link[])(
  "in evaluation the answer means the mean of what members mean: %s",
  (average) => {
    const model = build([ensemble({ average })]);
    const meaning = (S: number[]) => {
      const values = Float64Array.from(S);
      links[average](values, 4);
      return values;
    };
    const together = meaning(outputs(model, "evaluate"));
    const members = [0, 1, 2].map((m) => meaning(outputs(alone(model, m), "evaluate")));
    together.forEach((value, i) => {
      expect(value).toBeCloseTo((members[0]![i]! + members[1]![i]! + members[2]![i]!) / 3, 12);
    });
  },
);

test("members that predict means and variances are a mixture: its mean, and its variance", () => {
  const model = build([ensemble({ average: "gaussian" })]);
  const [a, b, c] = [0, 1, 2].map((m) => outputs(alone(model, m), "evaluate"));
  const [mean, , spread] = outputs(model, "evaluate");
  const means = [a![0]!, b![0]!, c![0]!];
  const expected = (means[0]! + means[1]! + means[2]!) / 3;
  const squares = [a, b, c].map((S, m) => Math.exp(S![2]!) + means[m]! ** 2);
  expect(mean).toBeCloseTo(expected, 12);
  expect(Math.exp(spread!)).toBeCloseTo((squares[0]! + squares[1]! + squares[2]!) / 3 - expected ** 2, 12);
});

test("a member without rows in a batch has no gradient", () => {
  const model = build([ensemble({ members: 7 })]);
  for (const { gradient } of model.parameters) gradient.host.fill(1);
  const pass = model.plan(5);
  pass.X.host.set(X);
  pass.forward("train");
  pass.dS.host.fill(1);
  pass.backward();
  const idle = model.parameters.filter(({ gradient }) => gradient.host.every((value) => value === 0));
  expect(new Set(idle.map(({ name }) => name.split(".")[2]))).toEqual(new Set(["0", "3"]));
});
