/** `--set` and the options that stand for one value. */
import { describe, expect, it, test } from "vitest";
import { data, load, problems, problemsOf, resolved } from "./support.ts";

const text = `${data}model:\n  hidden: [8, 4]\noptimizer: adam\ntrain: { epochs: 3, early_stopping: null }\n`;

describe("--set puts a value into a spec", () => {
  test.each<[set: string, same: string]>([
    ["train.epochs=9", text.replace("epochs: 3", "epochs: 9")],
    ["model.hidden=[5]", text.replace("[8, 4]", "[5]")],
    ["model.hidden.1=5", text.replace("[8, 4]", "[8, 5]")],
    ["model.hidden[0]=5", text.replace("[8, 4]", "[5, 4]")],
    ["model.hidden.2=5", text.replace("[8, 4]", "[8, 4, 5]")],
    ["optimizer.lr=1e-2", text.replace("adam", "{ name: adam, lr: 0.01 }")],
    ["optimizer={ name: sgd, momentum: 0.9 }", text.replace("adam", "{ name: sgd, momentum: 0.9 }")],
    ["schedule.name=cosine", `${text}schedule: cosine`],
    ["loss.label_smoothing=0.1", `${text}loss: { name: cross_entropy, label_smoothing: 0.1 }`],
    ["init.gain=2", `${text}init: { name: xavier_uniform, gain: 2 }`],
    ["train.early_stopping.patience=3", text.replace("null", "{ patience: 3 }")],
    ["train.epochs=", text.replace("epochs: 3", "epochs: null, max_steps: 1")],
    ["data.columns.age.type=number", text.replace("target: y", "target: y, columns: { age: number }")],
    [
      'data.columns."a.b = c".type=number',
      text.replace("target: y", "target: y, columns: { 'a.b = c': number }"),
    ],
    [
      "model.activation.negative_slope=0.3",
      text.replace("[8, 4]", "[8, 4]\n  activation: { leaky_relu: 0.3 }"),
    ],
    ['name="a=b"', `${text}name: a=b`],
  ])("%s", (set, same) => {
    const before = set.startsWith("train.epochs=") && set.endsWith("=") ? ["train.max_steps=1"] : [];
    const short = [
      /^loss[.]/.test(set) && "loss=cross_entropy",
      /^init[.]/.test(set) && "init=xavier_uniform",
    ];
    const activation = set.startsWith("model.activation") ? ["model.activation=leaky_relu"] : [];
    if (set.startsWith("name")) return expect(problems(text, set)).toHaveLength(1);
    return expect(
      resolved(text, ...before, ...short.filter((one) => one !== false), ...activation, set),
    ).toEqual(resolved(same));
  });

  it("takes relative paths from the working directory, and the spec's own from the spec's", () => {
    const spec = `data: { train: { images: a.idx, labels: b.idx } }\ninit: { from: w.safetensors }\n`;
    const { data, init } = resolved(spec, "data.train.labels=c.idx", "init={ from: ../w.safetensors }");
    expect(data).toMatchObject({ train: { images: "a.idx", labels: "../c.idx" } });
    expect(init).toMatchObject({ from: "../../w.safetensors" });
    const table = resolved(text, "data.path=[b.csv, folder/c.csv, /d.csv]").data;
    expect(table).toMatchObject({ path: ["../b.csv", "c.csv", "/d.csv"] });
    expect(resolved(text, 'data.path="-"').data).toMatchObject({ path: ["-"] });
  });

  it("opens a layer's short form, and a column's, to what they stand for", () => {
    const layers = (list: string) => text.replace("hidden: [8, 4]", `layers: [${list}]`);
    const set = "model.layers.1.negative_slope=0.3";
    expect(resolved(layers("linear: 3, leaky_relu, linear"), set)).toEqual(
      resolved(layers("linear: 3, { leaky_relu: 0.3 }, linear")),
    );
    const columns = (column: string) => text.replace("target: y", `target: y, columns: { a: ${column} }`);
    expect(resolved(columns("category"), "data.columns.a.missing.constant=x")).toEqual(
      resolved(columns("{ type: category, missing: { constant: x } }")),
    );
  });

  it("lets the last one win, and an option of its own over all", () => {
    const overrides = [{ option: "--epochs", path: "train.epochs", value: 7 }];
    expect(resolved(text, "train.epochs=5", "train.epochs=6").train.epochs).toBe(6);
    expect(load(text, { set: ["train.epochs=5"], overrides }).spec.train.epochs).toBe(7);
  });

  it("says of a column's name what it is, also when the file says it in short form", () => {
    const short = text.replace("target: y", "target: y, columns: { a: category }");
    expect(resolved(short, "data.columns.a.missing=error").data).toMatchObject({
      columns: { a: { type: "category", missing: "error" } },
    });
  });
});

describe("--set says what is wrong with it", () => {
  test.each<[set: string, problem: string]>([
    ["train.epochs", "--set train.epochs: not an assignment; expected --set a.b=value"],
    ["=3", "--set =3: not an assignment; expected --set a.b=value"],
    ["a..b=3", "--set a..b=3: not an assignment; expected --set a.b=value"],
    ["a[x]=3", "--set a[x]=3: not an assignment; expected --set a.b=value"],
    ["optimizer.lr=fast", '--set optimizer.lr: optimizer.lr is "fast"; expected a number above 0'],
    [
      "optimizer.momentum=0.9",
      "--set optimizer.momentum: unknown key optimizer.momentum; expected name, lr, decay, groups, betas, eps, amsgrad, weight_decay; momentum belongs to sgd, rmsprop",
    ],
    ["optimzer.lr=1", "--set optimzer.lr: unknown key optimzer; did you mean optimizer?"],
    ["train.epochs.x=1", "--set train.epochs.x: train.epochs is 3, which has no x in it"],
    ["model.hidden.3=1", "--set model.hidden.3: model.hidden is a list of 2; expected an index from 0 to 2"],
    ["model.hidden.x=1", "--set model.hidden.x: model.hidden is a list of 2; expected an index from 0 to 2"],
    [
      "model.hidden[10]=1",
      "--set model.hidden[10]: model.hidden is a list of 2; expected an index from 0 to 2",
    ],
    [
      "model.hidden.1x=1",
      "--set model.hidden.1x: model.hidden is a list of 2; expected an index from 0 to 2",
    ],
    ["data.path.x=1", "--set data.path.x: data.path is a.csv, which has no x in it"],
    ["data.target.x.y=1", "--set data.target.x.y: data.target is y, which has no x in it"],
    ["optimizer.name.x=1", "--set optimizer.name.x: optimizer.name is adam, which has no x in it"],
    ["schedule=step", "--set schedule: schedule.step_size is missing; expected a whole number of at least 1"],
    [
      "model.layers=[linear]",
      "3:3: model has both layers and hidden; expected layers alone, or hidden and its options",
    ],
    ["__proto__.x=1", "--set __proto__.x: the key __proto__ is not allowed; expected another name"],
    ["seed=[1", "--set seed: the list before this is never closed; expected ]"],
    ["seed=!!js/function x", "--set seed: the tag !!js/function is not allowed; expected plain data"],
    [
      `seed=${"[".repeat(5000)}`,
      "--set seed: nested more than 64 deep; expected a spec, which is about six deep",
    ],
    [`${"a.".repeat(5000)}b=1`, ""],
  ])("%.60s", (set, problem) => {
    const [first, ...more] = problems(text, set);
    if (problem) expect(first).toBe(problem);
    else expect(first).toContain("a path of 5001 parts; expected at most 16");
    expect(more).toEqual([]);
  });

  test.each<[claim: string, sets: string[], problem: string]>([
    ["a loss", ["loss=mse", "loss.name.x=1"], "loss.name is mse"],
    [
      "an activation",
      ["model.activation=relu", "model.activation.type.x=1"],
      "model.activation.type is relu",
    ],
    [
      "a column",
      ["data.columns={ a: category }", "data.columns.a.type.x=1"],
      "data.columns.a.type is category",
    ],
    ["columns", ["data.columns=text", "data.columns.x=1"], "data.columns is text"],
    ["a file", ["data.train={ images: a }", "data.train.images.x=1"], "data.train.images is a"],
    ["a sweep's values", ["search.space={ seed: a }", "search.space.seed.x=1"], "search.space.seed is a"],
  ])("for what is in a text of %s that stands for nothing else", (_claim, sets, problem) => {
    expect(problems(text, ...sets)).toContain(
      `--set ${sets[1]!.slice(0, -2)}: ${problem}, which has no x in it`,
    );
  });

  it("for every one, and for options of their own", () => {
    expect(problems(text, "seed=x", "train.epochs=0", "foo")).toEqual([
      "--set foo: not an assignment; expected --set a.b=value",
    ]);
    expect(problems(text, "seed=x", "train.epochs=0")).toHaveLength(2);
    const overrides = [{ option: "--epochs", path: "train.epochs", value: 0 }];
    expect(problemsOf(() => load(text, { overrides }))).toEqual([
      "--epochs: train.epochs is 0; expected a whole number of at least 1",
    ]);
  });
});
