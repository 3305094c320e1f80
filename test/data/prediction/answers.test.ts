/** What predictions look like: sets and intervals that hold the truth, deviations, several targets. */
import { expect, test } from "vitest";
import type { AnswerOptions } from "../../../src/data/prediction/answerPlan.ts";
import type { Preprocessing, Target } from "../../../src/data/preprocessing/preprocessing.ts";
import { textAnswers } from "../support.ts";

const scaling = { name: "standard", center: 10, scale: 2 } as const;
const column = (name: string) => ({ name, scaling });
const regression = (names: string[], link: "identity" | "gaussian" = "identity"): Target => ({
  task: "regression",
  columns: names.map(column),
  link,
});
const classes = (...names: string[]): Target => ({
  task: "classification",
  name: "y",
  classes: names,
  encoding: "index",
  link: "softmax",
});

/** The answers to rows of outputs in CSV without header, and in JSON. */
function written(target: Target, rows: readonly number[][], asked: Partial<AnswerOptions> = {}) {
  const inputs = { kind: "array", shape: [1], scaling } as const;
  const preprocessing: Preprocessing = { inputs, target };
  return (["csv", "jsonl"] as const).map((format) => {
    const answers = textAnswers(preprocessing, { ...asked, format });
    for (const row of rows) answers.answer(null, 0, Float32Array.from(row), 0);
    return Buffer.from(answers.take()).toString().trimEnd().split("\n");
  }) as [csv: string[], json: string[]];
}

const logits = (...probabilities: number[]) => probabilities.map(Math.log);

test("a prediction set holds the classes that are likely enough, and the predicted one in any case", () => {
  const rows = [logits(0.5, 0.3, 0.2), logits(0.1, 0.2, 0.7), logits(0.4, 0.3, 0.3)];
  const [csv, json] = written(classes("a", "b,c", "d"), rows, { reach: { of: "error", distances: [0.75] } });
  expect(csv).toEqual(["prediction,prediction_set", 'a,"a|b,c"', "d,d", 'a,"a|b,c|d"']);
  expect(json[0]).toBe('{"prediction":"a","prediction_set":["a","b,c"]}');
  const [narrow] = written(classes("a", "b", "c"), rows.slice(0, 1), {
    reach: { of: "error", distances: [0.1] },
  });
  expect(narrow[1]).toBe("a,a");
});

test("an interval reaches as far below the prediction as above it", () => {
  const [csv, json] = written(regression(["y"]), [[1], [-0.5]], { reach: { of: "error", distances: [0.5] } });
  expect(csv).toEqual(["prediction,lower,upper", "12,11.5,12.5", "9,8.5,9.5"]);
  expect(json[1]).toBe('{"prediction":9,"lower":8.5,"upper":9.5}');
});

test("of several targets each has its interval", () => {
  const [csv, json] = written(regression(["p", "q"]), [[1, 2]], {
    reach: { of: "error", distances: [0.5, 3] },
  });
  expect(csv).toEqual(["prediction_p,prediction_q,lower_p,upper_p,lower_q,upper_q", "12,14,11.5,12.5,11,17"]);
  expect(json[0]).toBe(
    '{"prediction_p":12,"prediction_q":14,"lower_p":11.5,"upper_p":12.5,"lower_q":11,"upper_q":17}',
  );
});

test("a deviation is the root of the variance, in the target's own unit", () => {
  const [csv, json] = written(regression(["y"], "gaussian"), [[1, Math.log(9)]]);
  expect(csv).toEqual(["prediction,sd", "12,6"]);
  expect(json[0]).toBe('{"prediction":12,"sd":6}');
  const [several] = written(regression(["p", "q"], "gaussian"), [[1, 2, 0, Math.log(4)]]);
  expect(several).toEqual(["prediction_p,prediction_q,sd_p,sd_q", "12,14,2,4"]);
});

const ofQuantiles = (names: string[]): Target => ({
  task: "regression",
  columns: names.map(column),
  link: "identity",
  quantiles: [0.1, 0.5, 0.9],
});

test("quantiles come sorted, in the target's own unit, and the median is the prediction", () => {
  const [csv, json] = written(ofQuantiles(["y"]), [[1, -1, 0]]);
  expect(csv).toEqual(["prediction,quantile_0.1,quantile_0.5,quantile_0.9", "10,8,10,12"]);
  expect(json[0]).toBe('{"prediction":10,"quantile_0.1":8,"quantile_0.5":10,"quantile_0.9":12}');
  const [several] = written(ofQuantiles(["p", "q"]), [[0, 1, 2, 5, 4, 3]]);
  expect(several).toEqual([
    "prediction_p,prediction_q,quantile_0.1_p,quantile_0.5_p,quantile_0.9_p,quantile_0.1_q,quantile_0.5_q,quantile_0.9_q",
    "12,18,10,12,14,16,18,20",
  ]);
});

test("an interval goes by the quantiles and no further in than till they meet, or by the deviation", () => {
  const ends = (target: Target, row: number[], of: "quantiles" | "deviation", distance: number) =>
    written(target, [row], { reach: { of, distances: [distance] } })[0][1]!
      .split(",")
      .slice(-2);
  const y = ofQuantiles(["y"]);
  expect(ends(y, [-1, 0, 2], "quantiles", 0.5)).toEqual(["7.5", "14.5"]);
  expect(ends(y, [-1, 0, 2], "quantiles", -0.5)).toEqual(["8.5", "13.5"]);
  expect(ends(y, [-1, 0, 2], "quantiles", -9)).toEqual(["11", "11"]);
  expect(ends(regression(["y"], "gaussian"), [1, Math.log(9)], "deviation", 0.5)).toEqual(["9", "15"]);
});

test("the k most probable classes come in order, in each format", () => {
  const [csv, json] = written(classes("a", "b", "c"), [logits(0.25, 0.5, 0.25)], { topK: 2 });
  expect(csv).toEqual(["prediction,top_1,top_1_probability,top_2,top_2_probability", "b,b,0.5,a,0.25"]);
  expect(json[0]).toBe(
    '{"prediction":"b","top":[{"class":"b","probability":0.5},{"class":"a","probability":0.25}]}',
  );
});

test("labels that are numbers are numbers in JSON, and what no float holds is null", () => {
  expect(written(classes("0", "1"), [[0, 1]])[1]).toEqual(['{"prediction":1}']);
  expect(written(classes("0", "01"), [[0, 1]])[1]).toEqual(['{"prediction":"01"}']);
  expect(written(regression(["y"]), [[1e38 * 3]])[1]).toEqual(['{"prediction":null}']);
});

test("of several targets of classes each has its class, and probabilities of its own classes", () => {
  const target: Target = {
    task: "multioutput",
    columns: [
      { name: "p", classes: ["a", "b,c"] },
      { name: "q", classes: ["0", "1", "2"] },
    ],
    link: "softmax",
  };
  const rows = [[...logits(0.25, 0.75), ...logits(0.5, 0.25, 0.25)]];
  const [csv, json] = written(target, rows, { proba: true });
  expect(csv).toEqual([
    'prediction_p,prediction_q,probability_p=a,"probability_p=b,c",probability_q=0,probability_q=1,probability_q=2',
    '"b,c",0,0.25,0.75,0.5,0.25,0.25',
  ]);
  expect(JSON.parse(json[0]!)).toEqual({
    prediction_p: "b,c",
    prediction_q: 0,
    probabilities: { p: { a: 0.25, "b,c": 0.75 }, q: { "0": 0.5, "1": 0.25, "2": 0.25 } },
  });
  expect(written(target, rows)[0]).toEqual(["prediction_p,prediction_q", '"b,c",0']);
  expect(() => written(target, rows, { topK: 2 })).toThrow("--top-k: the model has several targets");
});

test("an input whose header lacks a kept column is refused", () => {
  const options = { format: "csv", header: ["a"], keep: "b" } as const;
  const inputs = { kind: "array", shape: [1], scaling } as const;
  expect(() => textAnswers({ inputs, target: regression(["y"]) }, options)).toThrow('no column is named "b"');
});
