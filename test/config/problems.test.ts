/** What is wrong with a spec is told with its place, its path, what was found and what was expected. */
import { describe, expect, it, test } from "vitest";
import { layerTypes } from "../../src/config/schema/model.ts";
import { optimizerSchema } from "../../src/config/schema/optimizer.ts";
import { trainSchema } from "../../src/config/schema/train.ts";
import { metricsOf } from "../../src/metrics/metrics.ts";
import { data, problems } from "./support.ts";

const wholeNumber = "expected a whole number of at least 1";
const activations =
  "expected one of identity, sigmoid, tanh, relu, selu, gelu, silu, softplus, hard_sigmoid, mish, cosine, leaky_relu, elu";

const figures = ["loss", ...metricsOf("numbers")].map((name) => `validation.${name}`).join(", ");
const optimizers = `expected one of ${optimizerSchema.def.options.flatMap(({ shape }) => [...shape.name._zod.values]).join(", ")}`;

describe("each mistake in a sentence", () => {
  test.each<[text: string, problem: string]>([
    // numbers
    ["train: { batch_size: many }", `2:22: train.batch_size is "many"; ${wholeNumber}`],
    ["train:\n  batch_size: 0", `3:15: train.batch_size is 0; ${wholeNumber}`],
    ["train: { epochs: 1.5 }", `2:18: train.epochs is 1.5; ${wholeNumber}`],
    ["train: { max_steps: '9' }", `2:21: train.max_steps is "9"; ${wholeNumber}`],
    [
      "seed: 1e300",
      "2:7: seed is 1e300; expected a whole number of at least 0, and at most 9007199254740991",
    ],
    ["optimizer: { lr: .nan }", "2:18: optimizer.lr is .nan; expected a number above 0"],
    ["optimizer: { lr: .inf }", "2:18: optimizer.lr is .inf; expected a number above 0"],
    ["optimizer: { lr: -0.1 }", "2:18: optimizer.lr is -0.1; expected a number above 0"],
    ["optimizer: { lr: }", "2:18: optimizer.lr is empty; expected a number above 0"],
    [
      "optimizer: { betas: [0.9] }",
      "2:21: optimizer.betas is a list of 1; expected a list of two numbers, such as [0.9, 0.999]",
    ],
    [
      "optimizer: { betas: [0.9, 1] }",
      "2:27: optimizer.betas[1] is 1; expected a number from 0 up to, not including, 1",
    ],
    ["model: { hidden: [-1] }", `2:19: model.hidden[0] is -1; ${wholeNumber}`],
    ["model: { hidden: [8, x] }", `2:22: model.hidden[1] is "x"; ${wholeNumber}`],
    [
      "model: { hidden: 8 }",
      "2:18: model.hidden is 8; expected a list of the hidden layers' widths, such as [64, 64]",
    ],
    ["model: { dropout: 1 }", "2:19: model.dropout is 1; expected a number from 0 up to, not including, 1"],
    ["train: { shuffle: yes }", '2:19: train.shuffle is "yes"; expected true or false'],
    // names
    ["optimizer: adma", `2:12: optimizer is "adma"; ${optimizers}; did you mean adam?`],
    ["optimizer: { name: adma }", `2:20: optimizer.name is "adma"; ${optimizers}; did you mean adam?`],
    ["model: { activation: rleu }", `2:22: model.activation is "rleu"; ${activations}; did you mean relu?`],
    [
      "model: { norm: bach }",
      '2:16: model.norm is "bach"; expected one of batch, layer, rms; did you mean batch?',
    ],
    [
      "model: { layers: [residual: [{ linear: x }], linear] }",
      `2:40: model.layers[0].residual[0].linear is "x"; ${wholeNumber}`,
    ],
    [
      "model: { layers: [residual: [linear, relu, linear], linear] }",
      "2:30: a linear layer without a width; expected a width: only that of the last linear layer follows from the data",
    ],
    [
      "model: { layers: [residual: [{ residual: [relu] }], linear] }",
      `2:42: model.layers[0].residual[0].residual is "residual"; expected one of ${layerTypes.filter((type) => !["residual", "embed", "embed_text", "embed_numbers", "ensemble", "blend"].includes(type)).join(", ")}`,
    ],
    [
      "name: ../x",
      '2:7: name is "../x"; expected a name fit for a folder: letters, digits, spaces, `.`, `_` and `-`, at most 100',
    ],
    [
      "init: {}",
      "2:1: init.name is missing; expected one of default, kaiming_uniform, kaiming_normal, xavier_uniform, xavier_normal, zeros, constant, file",
    ],
    ["schedule: step", "2:1: schedule.step_size is missing; expected a whole number of at least 1"],
    // kinds
    ["train: []", "2:8: train is an empty list; expected training's settings"],
    ["optimizer: 3", "2:12: optimizer is 3; expected an optimizer's name, or its settings"],
    ["model: [8]", "2:8: model is a list of 1; expected hidden: or layers:"],
    ["model: { layers: [] }", "2:18: model.layers is an empty list; expected a list of at least one layer"],
    [
      "schedule: { name: multi_step, milestones: [] }",
      "2:43: schedule.milestones is an empty list; expected a list of at least one whole number",
    ],
    [
      "loss: { name: cross_entropy, class_weights: [1, x] }",
      '2:49: loss.class_weights[1] is "x"; expected a number of at least 0',
    ],
    [
      "loss: { name: cross_entropy, class_weights: even }",
      '2:45: loss.class_weights is "even"; expected balanced, or a weight for each class',
    ],
    ['init: { from: "" }', "2:15: init.from is an empty text; expected the path of a file"],
    // layers
    [
      "model: { layers: [relu: 3, linear] }",
      "2:25: model.layers[0].relu is 3; expected nothing after relu, or a mapping of its options",
    ],
    [
      "model: { layers: [{ linear: 3, relu: }, linear] }",
      "2:32: model.layers[0] holds linear and relu; expected one layer",
    ],
    [
      "model: { layers: [{ linear: 3, width: 4 }] }",
      "2:32: model.layers[0].width is given twice; expected it only once",
    ],
    [
      "model: { layers: [linear: { biass: false }] }",
      "2:29: unknown key model.layers[0].linear.biass; did you mean bias?",
    ],
    ["model: { layers: [linear: 0] }", `2:27: model.layers[0].linear is 0; ${wholeNumber}`],
    [
      "model: { layers: [3, linear] }",
      "2:19: model.layers[0] is 3; expected a layer, such as relu or { linear: 64 }",
    ],
    ["model: { layers: [{}, linear] }", "2:19: model.layers[0] is an empty mapping; expected a layer"],
    [
      "model: { layers: [linear], hidden: [3] }",
      "2:28: model has both layers and hidden; expected layers alone, or hidden and its options",
    ],
    // keys
    ["sed: 3", "2:1: unknown key sed; did you mean seed?"],
    ["epochs: 3", "2:1: unknown key epochs; did you mean train.epochs?"],
    ["learning_rate: 3", "2:1: unknown key learning_rate; did you mean optimizer.lr?"],
    ["train: { lr: 3 }", "2:10: unknown key train.lr; did you mean optimizer.lr?"],
    [
      "train: { constructor: 3 }",
      `2:10: unknown key train.constructor; expected ${Object.keys(trainSchema.shape).join(", ")}`,
    ],
    [
      "optimizer: { momentum: 0.9 }",
      "2:14: unknown key optimizer.momentum; expected name, lr, decay, groups, betas, eps, amsgrad, weight_decay; momentum belongs to sgd, rmsprop",
    ],
    [
      "optimizer: { name: adam, 'w d': 0.9 }",
      '2:26: unknown key optimizer."w d"; expected name, lr, decay, groups, betas, eps, amsgrad, weight_decay',
    ],
    [
      "schedule: { name: cosine, t_max: 3, T_max: 3 }",
      "2:37: schedule.t_max is given twice; expected it only once",
    ],
  ])("%s", (text, problem) => {
    expect(problems(data + text)).toEqual([problem]);
  });
});

describe("each mistake about data in a sentence", () => {
  test.each<[text: string, problem: string]>([
    ["seed: 1", "1:1: data is missing; expected the data's files and target"],
    ["data: 3", "1:7: data is 3; expected the data's files and target"],
    [
      "data: { target: y }",
      "1:1: data.path is missing; expected path: with a CSV file, or train: with IDX files",
    ],
    ["data: { path: a.csv }", "1:1: data.target is missing; expected a list of at least one column"],
    [
      "data: { path: a.csv, target: [] }",
      "1:30: data.target is an empty list; expected a list of at least one column",
    ],
    [
      "data: { path: a.feather, target: y }",
      '1:1: "a.feather" is Feather (Arrow); expected CSV, TSV, JSON Lines or Parquet; of arrays NPY or IDX',
    ],
    [
      "data: { path: a.data, target: y }",
      '1:1: data.format is missing, and "a.data" does not tell it by its ending; expected csv, idx, npy',
    ],
    [
      "data: { format: cvs, path: a.csv, target: y }",
      '1:17: data.format is "cvs"; expected csv, idx, npy; did you mean csv?',
    ],
    [
      "data: { path: a.csv, test: b.csv, target: y }",
      "1:15: data.path and data.test are both given; expected path alone, or train, validation and test",
    ],
    [
      "data: { test: b.csv, target: y }",
      "1:1: data.test is given, data.train is missing; expected path: with one file to split, or train: with the training rows",
    ],
    ["data: { train: { images: a } }", "1:9: data.train.labels is missing; expected the path of a file"],
    ["data: { path: a.csv, target: [y, y] }", "1:34: data.target names y twice; expected each name once"],
    [
      "data: { path: a.csv, target: y, columns: { a: nubmer } }",
      '1:47: data.columns.a is "nubmer"; expected one of number, category, boolean, date, text, ignore, id, weight, split, group, time; did you mean number?',
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: { typ: number } } }",
      "1:49: unknown key data.columns.a.typ; did you mean type?",
    ],
    [
      "data: { path: a.csv, target: y, columns: { y: ignore } }",
      "1:47: the target y cannot be of type ignore; expected number, category or boolean",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: weight, b: weight } }",
      "1:58: b is a second column of type weight; expected one",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: { type: category, missing: mean } } }",
      "1:74: the category a has no mean; expected category, most_frequent, constant or error",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: { type: number, missing: category } } }",
      "1:72: the number a has no categories; expected median, mean, most_frequent, constant or error",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: { missing: { constnat: 0 } } } }",
      "1:49: data.columns.a.missing is a mapping; expected one of error, mean, median, most_frequent, category, drop, or constant: with a value",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: { type: number, min_count: 2 } } }",
      "1:74: a is of type number, which has no levels; expected min_count on categories only",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: { missing: error, indicator: true } } }",
      "1:76: a has an indicator of missing values, but missing: error refuses them; expected another missing than error",
    ],
    [
      "data: { path: a.csv, target: y, columns: { y: { scale: log } } }",
      "1:56: the target y cannot be scaled by log; expected standard, minmax, robust or none",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: group, b: time } }",
      "1:57: a of type group and b of type time both determine the split; expected one of them",
    ],
    [
      "data: { path: a.csv, target: y, columns: { a: { type: id, scale: minmax } } }",
      "1:66: a is of type id, which is not scaled; expected scale on number columns only",
    ],
    [
      "data: { path: a.csv, target: y, split: { validation: 0.1, test: 0.95 } }",
      "1:33: validation 0.1 and test 0.95 leave no rows to train on; expected shares whose sum is below 1",
    ],
    [
      "data: { train: a.csv, test: b.csv, target: y, split: { test: 0.1 } }",
      "1:62: test rows are 0.1 of the rows, but also come from a file; expected one of data.split.test and data.test",
    ],
    [
      "data: { path: a.csv, target: y, columns: { s: split }, split: { test: 0.1 } }",
      "1:71: test rows are 0.1 of the rows, but the column s also determines them; expected no shares together with a column of type split",
    ],
    [
      "data: { path: a.csv, target: y, classes: [1, 1] }",
      "1:46: data.classes names 1 twice; expected each name once",
    ],
    [
      "data: { path: a.csv, target: [y, z], task: classification, classes: [1, 2] }",
      "1:69: data.classes is for one target of classes, but the data has several; expected one of them",
    ],
    [
      "data: { path: a.csv, target: y, task: multioutput }",
      "1:39: data.task is multioutput, but there is only one target; expected classification",
    ],
    [
      'data: { path: "a\\0b.csv", target: y }',
      '1:15: data.path is "a\\u0000b.csv"; expected the path of a file',
    ],
    [
      "data: { path: a.csv, target: y, delimiter: ' ' }",
      '1:44: data.delimiter is " "; expected comma, semicolon, tab or pipe',
    ],
  ])("%s", (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });
});

describe("each contradiction in a sentence", () => {
  test.each<[text: string, problem: string]>([
    [
      "model: { layers: [linear, relu, linear] }",
      "2:19: a linear layer without a width; expected a width: only that of the last linear layer follows from the data",
    ],
    ["model: { layers: [relu] }", "2:18: the model has nothing to learn; expected at least one linear layer"],
    [
      "model: { hidden: [3], norm: batch }\ntrain: { batch_size: 1 }",
      "2:19: batch normalisation of batches of 1 row; expected train.batch_size of at least 2",
    ],
    [
      "model: { hidden: [3], norm: batch }\ntrain: { batch_size: 7, shards: 4 }",
      "2:19: batch normalisation of shards of 1 row; expected train.batch_size of at least 8",
    ],
    [
      "train: { batch_size: 4, shards: 5 }",
      "2:33: batches of 4 in 5 shards; expected at most 4, which train.batch_size says",
    ],
    [
      "optimizer: { name: sgd, nesterov: true }",
      "2:35: nesterov with momentum 0 and dampening 0; expected a momentum above 0 and no dampening",
    ],
    [
      "schedule: { name: cosine, warmup_epochs: 1, warmup_steps: 1 }",
      "2:59: warmup_epochs and warmup_steps are both given; expected one of them",
    ],
    [
      "schedule: { name: multi_step, milestones: [3, 3] }",
      "2:47: 3 follows 3; expected milestones in ascending order",
    ],
    ["train: { epochs: null }", "2:1: train has neither epochs nor max_steps; expected one of them"],
    [
      "loss: mse\ntrain: { early_stopping: { metric: validation.accuracy } }",
      `3:36: validation.accuracy does not exist for regression; expected one of ${figures}, train.loss`,
    ],
  ])("%s", (text, problem) => {
    expect(problems(data + text)).toEqual([problem]);
  });

  it("rows left out for want of an input", () => {
    const text = "data: { path: a.csv, target: y, columns: { x: { missing: drop } } }";
    expect(problems(text)).toEqual([
      "1:58: rows without x would be dropped, but every row needs a prediction; expected missing: drop on targets only",
    ]);
  });

  const columns = (text: string) => `data: { path: a.csv, target: y, columns: { ${text} } }`;
  test.each<[text: string, problem: string]>([
    [
      columns("g: group, s: split"),
      "57: g of type group and s of type split both determine the split; expected one of them",
    ],
    [
      columns("a: { type: number, missing: category }"),
      "72: the number a has no categories; expected median, mean, most_frequent, constant or error",
    ],
    [
      columns("a: { type: category, missing: mean }"),
      "74: the category a has no mean; expected category, most_frequent, constant or error",
    ],
    [
      columns("a: { encoding: embedding, missing: median }"),
      "79: the category a has no median; expected category, most_frequent, constant or error",
    ],
    [
      columns("a: { type: number, missing: { constant: x } }"),
      '84: the number column a cannot be filled with the text "x"; expected a number',
    ],
    [
      columns("a: { type: category, encoding: periodic }"),
      "75: a is of type category and cannot be encoded periodic; expected one_hot, ordinal or embedding",
    ],
    [
      columns("a: { encoding: piecewise_linear, scale: minmax }"),
      "84: a is cut at its quantiles, and cannot also be scaled by minmax; expected no scale together with piecewise_linear",
    ],
    [
      columns("y: { encoding: one_hot }"),
      "59: the target y cannot be encoded one_hot; expected encodings of inputs only",
    ],
    ...[
      ["width: 3", "56: a has a width"],
      ["encoding: one_hot, width: 3", "75: a has a width, but is encoded one_hot"],
      ["encoding: ordinal, width: 3", "75: a has a width, but is encoded ordinal"],
    ].map(([settings, problem]): [string, string] => [
      columns(`a: { ${settings} }`),
      `${problem}; expected encoding: embedding, piecewise_linear or periodic beside a width`,
    ]),
    [
      "data: { path: a.csv, target: y, columns: { g: group }, split: { stratify: true } }",
      "75: stratify is true, but the group column g determines the split; expected one of them",
    ],
    [
      "data: { path: a.csv, target: y, columns: { s: split }, split: { fold: { number: 1, of: 3 } } }",
      "65: data.split.fold splits the rows at random, but the split column s determines the split; expected one of them",
    ],
    [
      "data: { path: a.csv, target: y, split: { fold: { number: 4, of: 3 } } }",
      "58: data.split.fold.number is 4; expected at most 3, the value of `of`",
    ],
    [
      "data: { validation: a.csv, target: y }",
      "1: data.validation is given, data.train is missing; expected path: with one file to split, or train: with the training rows",
    ],
  ])("%s", (text, problem) => {
    expect(problems(text)).toEqual([`1:${problem}`]);
    expect(problems(columns("a: { encoding: embedding, width: 3 }, b: { encoding: periodic }"))).toEqual([]);
  });

  test.each<[text: string, problem: string]>([
    [
      "model: { layers: [{ ensemble: [{ linear: 3 }], members: 2 }, relu] }",
      "19: layers follow an ensemble; expected it to be the last: its members' answers are averaged",
    ],
    [
      "model: { layers: [{ ensemble: [linear: 3, residual: [relu], linear], members: 2 }] }",
      "19: an ensemble with shared weights contains a residual block; expected shared: false, or no residual block",
    ],
    [
      "model: { layers: [linear: 3, embed, linear] }",
      "30: an embed layer that is not the first one; expected it first, where it reads the columns",
    ],
    [
      "search: { space: { 'search.metric': [a, b] } }",
      '37: "search.metric" is not a value of the spec; expected a path such as optimizer.lr or model.hidden[0]',
    ],
    [
      "search: { space: { '': [a, b] } }",
      '24: "" is not a value of the spec; expected a path such as optimizer.lr or model.hidden[0]',
    ],
    [
      "search: { space: { optimizer.lr: { min: 1, max: 0.1 } } }",
      "20: a range from 1 to 0.1; expected max to be above min",
    ],
    [
      "search: { space: { optimizer.lr: { min: 0, max: 0.1, scale: log } } }",
      "41: a logarithmic range from 0; expected min to be above 0",
    ],
    [
      "search: { method: halving, space: { seed: [1, 2] } }\ntrain: { max_steps: 3 }",
      "19: halving counts epochs, but train.epochs is not given; expected train.epochs",
    ],
    ["track: [tensorbord]", "9: unknown key track[0]; did you mean tensorboard?"],
    [
      "track: 3",
      "8: track is 3; expected names of trackers, or their settings, such as { mlflow: { experiment: digits } }",
    ],
    [
      "search: { space: 3 }",
      "18: search.space is 3; expected paths of the spec, and the values to try there",
    ],
    [
      "search: 3",
      "9: search is 3; expected what to search for, such as { trials: 30, space: { optimizer.lr: { min: 0.0001, max: 0.1, scale: log } } }",
    ],
  ])("%s", (text, problem) => {
    expect(problems(data + text)).toEqual([`2:${problem}`]);
  });

  it("weights in another number than targets", () => {
    const text = (weights: string) =>
      `data: { path: a.csv, target: [p, q] }\nloss: { name: bce_with_logits, pos_weight: ${weights} }`;
    expect(problems(text("[1, 2, 3]"))).toEqual([
      "2:44: loss.pos_weight has 3 weights; expected 2, one for each target",
    ]);
    expect(problems(text("[1, 2]"))).toEqual([]);
  });

  it("quantiles out of order, or without the median", () => {
    const text = (list: string) =>
      `data: { path: a.csv, target: y }\nloss: { name: quantile, quantiles: [${list}] }`;
    for (const list of ["0.9, 0.5, 0.1", "0.1, 0.9", "0.5"])
      expect(problems(text(list))).toEqual([
        `2:36: quantiles ${list}; expected two or more, ascending, with 0.5 among them`,
      ]);
    expect(problems(text("0.1, 0.5, 0.9"))).toEqual([]);
  });

  it("folds of folds, and of what cannot be read twice", () => {
    const fold = "data: { path: a.csv, target: y, split: { fold: { number: 1, of: 3 } } }";
    expect(problems(`${fold}\ntrain: { folds: 3 }`)).toEqual([
      "2:17: train.folds is given in the spec of one fold; expected one of train.folds and data.split.fold",
    ]);
    expect(problems("data: { train: '-', target: y }\ntrain: { folds: 3 }")).toEqual([
      "2:17: train.folds reads the data again for each fold, which standard input does not allow; expected a file",
    ]);
  });

  it("a search by folds that there are not, or before they end", () => {
    const text = (train: string, search: string) =>
      `data: { path: a.csv, target: y, task: regression }\ntrain: ${train}\nsearch: { ${search}, space: { seed: [1, 2] } }`;
    expect(problems(text("{ epochs: 1 }", "metric: folds.rmse"))).toEqual([
      "3:19: folds.rmse is compared, but there are no folds; expected train.folds: 5",
    ]);
    expect(problems(text("{ epochs: 1, folds: 3 }", "metric: folds.accuracy"))[0]).toMatch(
      /folds.accuracy does not exist for regression; expected one of folds.loss, folds.mse/,
    );
    expect(problems(text("{ epochs: 1, folds: 3 }", "metric: folds.rmse, method: halving"))[0]).toMatch(
      /halving compares trials before/,
    );
    expect(problems(text("{ epochs: 1, folds: 3 }", "metric: folds.rmse"))).toEqual([]);
  });

  it("a loss that is not for the task", () => {
    expect(problems("data: { path: a.csv, target: y, task: regression }\nloss: cross_entropy")).toEqual([
      "2:7: cross_entropy is a loss for classification or multioutput, data.task is regression; expected one of mse, half_squared_error, mae, huber, smooth_l1, poisson_nll, quantile, gaussian_nll",
    ]);
  });

  it("weights in another number than classes", () => {
    const text =
      "data: { path: a.csv, target: y, classes: [a, b] }\nloss: { name: cross_entropy, class_weights: [1] }";
    expect(problems(text)).toEqual([
      "2:45: loss.class_weights has 1 weights; expected 2, one for each class",
    ]);
  });

  it("a metric of rows that there are none of", () => {
    const text = "data: { train: a.csv, target: y }\ntrain: { early_stopping: { patience: 3 } }";
    expect(problems(text)).toEqual([
      "2:10: validation.loss is monitored, but there are no validation rows; expected data.split.validation above 0, or a metric of train",
    ]);
    expect(problems(text.replace("patience", "metric: train.loss, patience"))).toEqual([]);
  });

  it.each([["test.loss"], ["validation.acuracy"], ["nonsense"]])(
    "a metric that cannot exist: %s",
    (metric) => {
      const [problem, ...more] = problems(`${data}train: { early_stopping: { metric: ${metric} } }`);
      expect(more).toEqual([]);
      expect(problem).toContain(
        `2:36: train.early_stopping.metric is "${metric}"; expected one of validation.loss,`,
      );
      if (metric === "validation.acuracy") expect(problem).toContain("did you mean validation.accuracy?");
    },
  );
});

describe("all at once", () => {
  it("tells misspelt keys of data beside a file that is not named", () => {
    expect(problems("data: { pth: a.csv, target: y, colums: { a: id } }")).toEqual([
      "1:1: data.path is missing; expected path: with a CSV file, or train: with IDX files",
      "1:9: unknown key data.pth; did you mean path?",
      "1:32: unknown key data.colums; did you mean columns?",
    ]);
  });

  it("reports every problem, in the file's order", () => {
    const text = [
      "sed: 3",
      "data: { path: a.csv, taget: y }",
      "model: { hidden: [0, 0], activation: rleu }",
      "loss: { name: hubber, delta: 0 }",
      "optimizer: { lr: x, lrr: 1 }",
      "train: { epochs: 0, batch_size: 0 }",
    ].join("\n");
    expect(problems(text).map((problem) => problem.replace(/;.*/, ""))).toEqual([
      "1:1: unknown key sed",
      "2:1: data.target is missing",
      "2:22: unknown key data.taget",
      "3:19: model.hidden[0] is 0",
      "3:22: model.hidden[1] is 0",
      '3:38: model.activation is "rleu"',
      '4:15: loss.name is "hubber"',
      "4:30: loss.delta is 0",
      '5:18: optimizer.lr is "x"',
      "5:21: unknown key optimizer.lrr",
      "6:18: train.epochs is 0",
      "6:33: train.batch_size is 0",
    ]);
  });

  it("says a wrong activation once, however many layers have it", () => {
    expect(problems(`${data}model: { hidden: [3, 3, 3], activation: { elu: x } }`)).toEqual([
      '2:48: model.activation.elu is "x"; expected a number',
    ]);
  });

  it("counts what is too much to read", () => {
    const keys = Array.from({ length: 60 }, (_, index) => `q${index}: 1`).join("\n");
    expect(problems(`${data}${keys}`)).toHaveLength(51);
    expect(problems(`${data}${keys}`).at(-1)).toBe("and 10 more problems");
  });
});
