/** Short and long form mean the same, and the canonical form is a spec itself. */
import { describe, expect, it, test } from "vitest";
import { rebaseSpec, stringifySpec } from "../../src/config/stringify.ts";
import { data, load, resolved } from "./support.ts";

describe("a recipe", () => {
  const table = "data: { path: a.csv, target: y, task: regression }\nrecipe: realmlp-1\n";

  test("says what the spec leaves open, and nothing that it says", () => {
    const { spec } = load(`${table}optimizer: { lr: 0.1 }\ntrain: { epochs: 7 }`);
    expect(spec).toMatchObject({
      data: { scale: "robust_clip" },
      optimizer: { name: "adamw", lr: 0.1, betas: [0.9, 0.95], groups: { scales: { lr: 6, decay: 1 } } },
      schedule: { name: "coslog4" },
      train: { epochs: 7, batch_size: 256, folds: 5, combine: "average" },
    });
    expect(spec.model.layers.map(({ type }) => type).slice(0, 3)).toEqual([
      "embed_numbers",
      "scale",
      "linear",
    ]);
  });

  test("gives way to another optimizer and another model as a whole", () => {
    const { spec } = load(`${table}optimizer: sgd\nmodel: { hidden: [8] }`);
    expect(spec.optimizer).toMatchObject({ name: "sgd", lr: 0.001 });
    expect(spec.model.layers).toHaveLength(3);
  });

  test("wants to know the task", () => {
    expect(() => load("data: { path: a.csv, target: y }\nrecipe: realmlp-1")).toThrow(/data.task is missing/);
  });
});

describe("short and long form are one", () => {
  test.each<[claim: string, short: string, long: string]>([
    [
      "no model is a linear one",
      data,
      `${data}model: { layers: [{ type: linear, width: null, bias: true }] }`,
    ],
    [
      "hidden widths",
      `${data}model: { hidden: [8, 4] }`,
      `${data}model: { layers: [linear: 8, relu, linear: 4, relu, linear] }`,
    ],
    [
      "activation, dropout, norm and bias of the short form",
      `${data}model: { hidden: [8], activation: { leaky_relu: 0.2 }, dropout: 0.5, norm: batch, bias: false }`,
      `${data}model: { layers: [{ linear: 8, bias: false }, batch_norm, { leaky_relu: 0.2 }, { dropout: 0.5 }, { linear: null, bias: false }] }`,
    ],
    [
      "layer normalisation",
      `${data}model: { hidden: [8], norm: layer }`,
      `${data}model: { layers: [linear: 8, layer_norm: { eps: 1.0e-5 }, relu, linear] }`,
    ],
    ["no hidden layer", `${data}model: { hidden: [] }`, `${data}model: { layers: [linear] }`],
    [
      "a layer's value and its options",
      `${data}model: { layers: [elu: 2, linear: { width: 3 }] }`,
      `${data}model: { layers: [{ type: elu, alpha: 2 }, { type: linear, width: 3 }] }`,
    ],
    [
      "a name is a mapping",
      `${data}optimizer: sgd\nloss: huber\ninit: zeros`,
      `${data}optimizer: { name: sgd, lr: 0.001 }\nloss: { name: huber, delta: 1 }\ninit: { name: zeros }`,
    ],
    [
      "the optimizer is Adam",
      `${data}optimizer: { lr: 0.1 }`,
      `${data}optimizer: { name: adam, lr: 0.1, betas: [0.9, 0.999] }`,
    ],
    ["other names of losses", `${data}loss: logistic`, `${data}loss: bce_with_logits`],
    ["l1 is the mean absolute error", `${data}loss: { name: l1 }`, `${data}loss: mae`],
    [
      "torch's spelling of options",
      `${data}schedule: { name: cosine, T_max: 5 }`,
      `${data}schedule: { name: cosine, t_max: 5 }`,
    ],
    [
      "weights from a file",
      `${data}init: { from: w.safetensors }`,
      `${data}init: { name: file, from: w.safetensors }`,
    ],
    ["one target is a list of one", data, "data: { path: [a.csv], target: [y], format: csv }"],
    [
      "columns by type",
      "data: { path: a.csv, target: y, columns: { a: number } }",
      "data: { path: a.csv, target: y, columns: { a: { type: number } } }",
    ],
    [
      "a residual block holds layers like any other",
      `${data}model: { layers: [linear: 8, residual: [layer_norm, { linear: 16 }, relu, linear], linear] }`,
      `${data}model: { layers: [linear: 8, { type: residual, layers: [{ type: layer_norm }, { type: linear, width: 16 }, { type: relu }, { type: linear }] }, linear] }`,
    ],
    [
      "delimiters by name",
      "data: { path: a.csv, target: y, delimiter: tab }",
      'data: { path: a.csv, target: y, delimiter: "\\t" }',
    ],
    [
      "a metric is validation's",
      `${data}train: { early_stopping: { metric: accuracy } }`,
      `${data}train: { early_stopping: { metric: validation.accuracy, patience: 5 } }`,
    ],
    [
      "Keras's name of a metric",
      `${data}train: { early_stopping: { metric: val_loss } }`,
      `${data}train: { early_stopping: {} }`,
    ],
    ["empty sections are absent", `${data}train:\nmodel:\noptimizer:\n`, data],
    [
      "the loss says the task",
      `${data}loss: mse`,
      "data: { path: a.csv, target: y, task: regression }\nloss: mse",
    ],
    [
      "aliases and anchors",
      `${data}model: { layers: [&a { linear: 3 }, relu, *a] }`,
      `${data}model: { layers: [linear: 3, relu, linear: 3] }`,
    ],
    [
      "RMS normalisation",
      `${data}model: { hidden: [8], norm: rms }`,
      `${data}model: { layers: [linear: 8, rms_norm, relu, linear] }`,
    ],
    [
      "members of an ensemble",
      `${data}model: { hidden: [8], members: 3 }`,
      `${data}model: { layers: [{ ensemble: [linear: 8, relu, linear], members: 3 }] }`,
    ],
    [
      "a layer's value left empty",
      `${data}model: { layers: [linear: 8, dropout:, relu:, linear:] }`,
      `${data}model: { layers: [linear: 8, dropout: 0.5, relu, linear] }`,
    ],
    [
      "a number to fill in",
      "data: { path: a.csv, target: y, columns: { a: { missing: 3 } } }",
      "data: { path: a.csv, target: y, columns: { a: { missing: { constant: 3 } } } }",
    ],
    ["a tracker's name", `${data}track: mlflow`, `${data}track: { mlflow: {} }`],
    [
      "trackers' names",
      `${data}track: [tensorboard, mlflow]`,
      `${data}track: { tensorboard: true, mlflow: true }`,
    ],
    [
      "a tracker's server",
      `${data}track: { mlflow: "http://127.0.0.1:5000" }`,
      `${data}track: { mlflow: { server: "http://127.0.0.1:5000" } }`,
    ],
    [
      "a tracker that is off",
      `${data}track: { mlflow: false, tensorboard: {} }`,
      `${data}track: tensorboard`,
    ],
    ["JSON", '{"data": {"path": "a.csv", "target": "y"},\n\t"seed": 3}', `${data}seed: 3`],
  ])("%s", (_claim, short, long) => {
    expect(resolved(short)).toEqual(resolved(long));
  });
});

describe("what the files say", () => {
  it.each([
    ["a.csv", "csv"],
    ["b/a.tsv.gz", "csv"],
    ["{ images: x-idx3-ubyte.gz, labels: y-idx1-ubyte.gz }", "idx"],
    ["{ images: x, labels: y }", "idx"],
  ])("the format of train: %s is %s", (files, format) => {
    expect(resolved(`data: { train: ${files}${format === "csv" ? ", target: y" : ""} }`).data.format).toBe(
      format,
    );
  });

  it.each([
    ["path: a.csv, target: y", { validation: 0.1, test: 0.2 }],
    ["path: a.csv, target: y, split: { test: 0.3 }", { validation: 0, test: 0.3 }],
    ["train: a.csv, target: y", { validation: 0, test: 0 }],
    ["train: a.csv, target: y, split: { validation: 0.3 }", { validation: 0.3, test: 0 }],
    ["path: a.csv, target: y, columns: { s: split }", { validation: 0, test: 0 }],
    ["train: { images: a, labels: b }", { validation: 0, test: 0 }],
    ["train: { images: a, labels: b }, validation: { images: c, labels: d }", { validation: 0, test: 0 }],
  ])("shares of data: { %s }", (section, shares) => {
    expect(resolved(`data: { ${section} }`).data.split).toEqual({
      ...shares,
      stratify: null,
      seed: null,
      fold: null,
    });
  });
});

describe("labels and missing values", () => {
  it("are texts as they stand in the file", () => {
    const spec = resolved(
      "data: { path: a.csv, target: 1, classes: [007, 1.0, true, null, 'x'], missing_values: [-9.0, ~] }",
    );
    expect(spec.data).toMatchObject({
      target: ["1"],
      classes: ["007", "1.0", "true", "null", "x"],
      missing_values: ["-9.0", "~"],
    });
  });

  it("may have names that JavaScript knows", () => {
    const spec = resolved(
      "data: { path: a.csv, target: toString, columns: { constructor: number, toString: category } }",
    );
    expect(spec.data).toMatchObject({
      columns: { constructor: { type: "number" }, toString: { type: "category" } },
    });
  });
});

describe("defaults", () => {
  it("train 50 epochs, or as many as max_steps takes", () => {
    expect(resolved(data).train).toMatchObject({ epochs: 50, max_steps: null });
    expect(resolved(`${data}train: { max_steps: 9 }`).train).toMatchObject({ epochs: null, max_steps: 9 });
    expect(resolved(`${data}train: { max_steps: 9, epochs: 2 }`).train).toMatchObject({
      epochs: 2,
      max_steps: 9,
    });
  });

  it.each([
    ["iris.yaml", "iris"],
    ["x/two words.v2.yml", "two-words.v2"],
    ["..yaml", "run"],
    ["/dev/fd/63", "63"],
  ])("the name of %s is %s", async (file, name) => {
    const { parseSpec } = await import("../../src/config/load.ts");
    expect(parseSpec(data, file).spec.name).toBe(name);
  });
});

describe("a loaded spec", () => {
  const text = `${data}model:\n  hidden: [8, 4]\n  activation: relu\noptimizer: adam\n`;

  it("knows where a canonical value was written", () => {
    const { locate } = load(text);
    expect(locate("data.target")).toEqual({ file: "folder/spec.yaml", line: 1, column: 30 });
    expect(locate("data.target[0]")).toEqual({ file: "folder/spec.yaml", line: 1, column: 30 });
    expect(locate(["model", "layers", 2])).toEqual({ file: "folder/spec.yaml", line: 3, column: 15 });
    expect(locate("optimizer.name")).toEqual({ file: "folder/spec.yaml", line: 5, column: 12 });
    expect(locate("data.columns.age")).toEqual({ file: "folder/spec.yaml", line: 1, column: 1 });
    expect(load(text, { set: ["data.target=z"] }).locate("data.target")).toEqual({
      file: "--set data.target",
    });
  });

  it("moves its relative paths with it", () => {
    const { textFor, baseDirectory, spec } = load(
      "data: { train: a.csv, test: /b.csv, target: y }\ninit: { from: w/x.ckpt }",
    );
    const moved = resolved(textFor(`${baseDirectory}/runs/one`));
    expect(moved.data).toMatchObject({ train: ["../../a.csv"], test: ["/b.csv"], validation: null });
    expect(moved.init).toEqual({ name: "file", from: "../../w/x.ckpt" });
    expect(rebaseSpec(moved, `${baseDirectory}/runs/one`, baseDirectory)).toEqual(spec);
  });

  it("moves the paths of pairs of files and of trackers with it", () => {
    const pair = (name: string) => `{ images: ${name}.idx, labels: /${name}l.idx }`;
    const { textFor, baseDirectory } = load(
      `data: { train: ${pair("a")}, validation: ${pair("b")}, test: ${pair("c")} }\ntrack: { mlflow: { directory: runs } }`,
    );
    const moved = resolved(textFor(`${baseDirectory}/one`));
    const files = (name: string) => ({ images: `../${name}.idx`, labels: `/${name}l.idx` });
    expect(moved.data).toMatchObject({ train: files("a"), validation: files("b"), test: files("c") });
    expect(moved.track?.mlflow?.directory).toBe("../runs");
  });

  it("reads back as it is written", () => {
    const { spec } = load(text);
    expect(resolved(stringifySpec(spec))).toEqual(spec);
  });
});

describe("a search is", () => {
  const space = (text: string) => load(`${data}search: { space: { optimizer.lr: ${text} } }`).search?.space;

  it("a choice from a list, or of values, and a range of numbers otherwise", () => {
    const choice = { "optimizer.lr": { type: "choice", values: [0.1, 0.2] } };
    expect(space("[0.1, 0.2]")).toEqual(choice);
    expect(space("{ values: [0.1, 0.2] }")).toEqual(choice);
    expect(space("{ min: 0.1, max: 0.2 }")).toMatchObject({ "optimizer.lr": { type: "float", min: 0.1 } });
  });

  it("for the metric of validation rows", () => {
    const text = `${data}search: { metric: accuracy, space: { seed: [1, 2] } }`;
    expect(load(text).search?.metric).toBe("validation.accuracy");
  });
});
