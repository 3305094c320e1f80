import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { rowsOfStream, withFirst } from "../../../src/data/formats/rows.ts";
import type { AnswerOptions } from "../../../src/data/prediction/answerPlan.ts";
import { createEncoder, inputNames } from "../../../src/data/prediction/recordEncoder.ts";
import {
  inputWidth,
  outputWidth,
  type Preprocessing,
  type Target,
} from "../../../src/data/preprocessing/preprocessing.ts";
import { UserError } from "../../../src/support/errors.ts";
import { chunked, columnSpec, csvSpec, streamOf, temporaryFiles, textAnswers } from "../support.ts";

const file = temporaryFiles();
const table = `id,size,"co,lour",ok,label
1,0.5,red,yes,a
2,,blue,no,b
3,1e1,"gr""een",yes,a
4,0.25,NA,yes,b
5,-3,red,no,"c,1"
`;
const path = file("table.csv", table);
const columns = { id: columnSpec({ type: "id" }) };
const spec = csvSpec({ path: [path], target: ["label"], columns });
const trained = () => loadDataset(spec, { seed: 0, baseDirectory: "." });

interface Asked extends Partial<AnswerOptions> {
  from?: "csv" | "jsonl";
  format?: "csv" | "jsonl";
  onError?: "record" | "skip";
}

/** The inputs of every record, and what is written when the outputs are the first of them. */
async function run(preprocessing: Preprocessing, chunks: readonly Uint8Array[], asked: Asked = {}) {
  const options = { format: asked.from ?? "csv", columns: inputNames(preprocessing) };
  const { first, all } = await withFirst(rowsOfStream(streamOf(chunks), "in", options));
  const encoder = createEncoder(preprocessing, first);
  const recordsErrors = asked.onError === "record";
  const answers = textAnswers(preprocessing, {
    format: "csv",
    ...asked,
    header: first.header,
    recordsErrors,
  });
  const inputs: number[][] = [];
  let written = "";
  for await (const batch of all) {
    for (let record = 0; record < batch.count; record++) {
      const row = new Float32Array(encoder.width + 9);
      const problem = encoder.encode(batch, record, row, 0);
      if (problem) answers.problem(batch, record, problem);
      else {
        inputs.push([...row.subarray(0, encoder.width)]);
        answers.answer(batch, record, row, 0);
      }
    }
    written += Buffer.from(answers.take()).toString();
  }
  return { inputs, written, warnings: encoder.warnings() };
}

describe("a streamed record", () => {
  test("is encoded as the same row was in training, in any chunks", async () => {
    const { preprocessing, splits } = await trained();
    const { values } = splits.train.table;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200)), async (cuts) => {
        const { inputs, written } = await run(preprocessing, chunked(Buffer.from(table), cuts), {
          keep: "all",
        });
        expect(inputs.flat()).toEqual([...values]);
        expect(written).toBe((await run(preprocessing, [Buffer.from(table)], { keep: "all" })).written);
      }),
      { numRuns: 50 },
    );
  });

  test("is the same in JSON", async () => {
    const { preprocessing, splits } = await trained();
    const lines = [
      { size: 0.5, "co,lour": "red", ok: "yes" },
      { size: null, "co,lour": "blue", ok: false },
      { size: "1e1", "co,lour": 'gr"een', ok: true, more: { than: ["needed"] } },
      { size: 0.25, "co,lour": null, ok: 1 },
      { ok: 0, "co,lour": "red", size: -3 },
    ];
    const bytes = Buffer.from(`${lines.map((line) => JSON.stringify(line)).join("\r\n")}\n\n`);
    const { inputs } = await run(preprocessing, chunked(bytes, [...bytes.keys()]), { from: "jsonl" });
    expect(inputs.flat()).toEqual([...splits.train.table.values]);
  });

  test("finds its columns by name, in any order, among others, without the target", async () => {
    const { preprocessing } = await trained();
    const { inputs } = await run(preprocessing, [Buffer.from('ok;"co,lour";new;size\nyes;red;x;0.5\n')]);
    const { inputs: known } = await run(preprocessing, [Buffer.from(table)]);
    expect(inputs).toEqual(known.slice(0, 1));
  });

  test("with a level unseen in training gets none, and that is counted", async () => {
    const { preprocessing } = await trained();
    const { inputs, warnings } = await run(preprocessing, [Buffer.from('size,"co,lour",ok\n1,pink,yes\n')]);
    expect(inputs[0]!.slice(1, 5)).toEqual([0, 0, 0, 0]);
    expect(warnings).toEqual(['column "co,lour": 1 value unseen in training, taken as none of its levels']);
  });

  test("without a column the model needs is refused, with the nearest name there is", async () => {
    const { preprocessing } = await trained();
    const error = await run(preprocessing, [Buffer.from("sizes,colour,ok\n")]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).problems).toMatchObject([
      { file: "in", line: 1, message: 'no column is named "size"', hint: 'did you mean "sizes"?' },
      { message: 'no column is named "co,lour"', hint: 'did you mean "colour"?' },
    ]);
  });

  test.each([
    [
      "csv",
      'size,"co,lour",ok\n1,red,maybe\nx,red,yes\n1,red\n',
      [
        'in:2:7: column "ok" holds "maybe", not a boolean',
        'in:3:1: column "size" holds "x", not a number',
        "in:4: a row of 2 fields",
      ],
    ],
    [
      "jsonl",
      '{"size":1,"co,lour":"red","ok":3}\n{"size":[1],"co,lour":"red","ok":true}\n{"size":1,"colour":"red"}\n[]\n{"size":}\n',
      [
        'in:1: column "ok" holds "3", not a boolean',
        'in:2: "size" is an array',
        'in:3: the object has no "co,lour"',
        "in:4: an array instead of an object",
        "in:5: not JSON",
      ],
    ],
  ] as const)("that is bad is answered by its problem in its place: %s", async (from, text, messages) => {
    const { preprocessing } = await trained();
    const { written } = await run(preprocessing, [Buffer.from(text)], { from, onError: "record" });
    const lines = written.trimEnd().split("\n");
    expect(lines[0]).toBe("prediction,error");
    for (const [index, message] of messages.entries()) {
      expect(lines[index + 1]!.replaceAll('""', '"')).toContain(message);
    }
  });
});

describe("answers", () => {
  const given = (target: Target): Preprocessing => ({ inputs: { kind: "columns", columns: [] }, target });
  const write = (
    target: Target,
    outputs: number[],
    options: AnswerOptions & { format?: "csv" | "jsonl" },
  ) => {
    const answers = textAnswers(given(target), { format: "jsonl", ...options });
    answers.answer(null, 0, Float32Array.from(outputs), 0);
    return Buffer.from(answers.take()).toString().trimEnd();
  };
  const classes = (labels: string[], link: "softmax" | "sigmoid" = "softmax"): Target => ({
    task: "classification",
    name: "y",
    classes: labels,
    encoding: "index",
    link,
  });

  test("are the most probable class, its probabilities, the top of them", () => {
    expect(write(classes(["a,b", "c", "d"]), [0, Math.log(2), 0], { proba: true, topK: 2 })).toBe(
      '{"prediction":"c","probabilities":{"a,b":0.25,"c":0.5,"d":0.25},"top":[{"class":"c","probability":0.5},{"class":"a,b","probability":0.25}]}',
    );
    expect(write(classes(["a,b", "c"]), [1, 0], { format: "csv", proba: true })).toBe(
      'prediction,"probability_a,b",probability_c\n"a,b",0.7310586,0.26894143',
    );
  });

  test("of one logistic output are one of two classes", () => {
    expect(write(classes(["0", "1"], "sigmoid"), [0], { proba: true })).toBe(
      '{"prediction":0,"probabilities":{"0":0.5,"1":0.5}}',
    );
    expect(write(classes(["0", "1"], "sigmoid"), [0.1], {})).toBe('{"prediction":1}');
  });

  test("of several labels are told apart by name", () => {
    const target: Target = { task: "multilabel", names: ["x", "y"], link: "sigmoid" };
    expect(write(target, [1, -1], { format: "csv" })).toBe("prediction_x,prediction_y\n1,0");
  });

  test("that are quantities are in their own units", () => {
    const scaling = { name: "standard", center: 10, scale: 2 } as const;
    const column = { name: "y", scaling };
    expect(write({ task: "regression", columns: [column], link: "identity" }, [0.5], {})).toBe(
      '{"prediction":11}',
    );
    const counts = { name: "y", scaling: { name: "none", center: 0, scale: 1 } } as const;
    expect(write({ task: "regression", columns: [counts], link: "exp" }, [0], {})).toBe('{"prediction":1}');
  });

  test("have no probabilities where there are none", () => {
    const target: Target = { task: "regression", columns: [], link: "identity" };
    expect(() => write(target, [], { proba: true })).toThrow("--proba: the model predicts numbers");
  });

  test("keep columns before the prediction, as they were written", async () => {
    const { preprocessing } = await trained();
    expect([inputWidth(preprocessing), outputWidth(preprocessing)]).toEqual([6, 3]);
    const { written } = await run(preprocessing, [Buffer.from(table)], { keep: '"co,lour",id' });
    const lines = written.split("\n");
    expect(lines[0]).toBe('"co,lour",id,prediction');
    expect(lines[3]!.startsWith('"gr""een",3,')).toBe(true);
    const json = await run(preprocessing, [Buffer.from(table)], { keep: "co,lour", format: "jsonl" });
    expect(json.written.split("\n")[2]).toMatch(/^\{"co,lour":"gr\\"een","prediction":"/);
  });

  test("keep columns of JSON as they were, texts as texts, what is not there as nothing", async () => {
    const { preprocessing } = await trained();
    const given =
      '{"size":1,"co,lour":"red","ok":true,"note":"a,b","list":[1,{}]}\n{"size":1,"co,lour":null,"ok":0}\n';
    const asked = { from: "jsonl" as const, keep: "note,list" };
    const csv = await run(preprocessing, [Buffer.from(given)], asked);
    const lines = csv.written.split("\n");
    expect(lines.slice(1, 3).map((line) => line.slice(0, line.lastIndexOf(",")))).toEqual([
      '"a,b","[1,{}]"',
      expect.stringMatching(/^,,?/),
    ]);
    const json = await run(preprocessing, [Buffer.from(given)], { ...asked, format: "jsonl" });
    expect(json.written.split("\n")[0]).toMatch(/^\{"note":"a,b","list":\[1,\{\}\],"prediction":/);
    expect(json.written.split("\n")[1]).toMatch(/^\{"note":null,"list":null,"prediction":/);
  });

  test("have no top where there are no classes", () => {
    const target: Target = { task: "multilabel", names: ["x"], link: "sigmoid" };
    expect(() => write(target, [1], { topK: 1 })).toThrow("--top-k: the model has no classes");
    const numbers: Target = { task: "regression", columns: [], link: "identity" };
    expect(() => write(numbers, [], { topK: 1 })).toThrow("--top-k: the model predicts numbers");
  });

  test("are not given for a column that nobody sent", async () => {
    const { preprocessing } = await trained();
    await expect(run(preprocessing, [Buffer.from(table)], { keep: "colour" })).rejects.toThrow("colour");
  });
});

describe("a model that refuses missing values", () => {
  test.each([
    ["csv", 'size,"co,lour",ok\n,red,yes\n', "in:2:1"],
    ["jsonl", '{"size":null,"co,lour":"red","ok":true}\n', 'in:1: column "size" has no value'],
    ["jsonl", '{"size":"NA","co,lour":"red","ok":true}\n', 'in:1: column "size" holds "NA", a missing value'],
    ["jsonl", '{"size":{},"co,lour":"red","ok":true}\n', 'in:1: "size" is an object'],
    ["jsonl", '{"size":"1e999","co,lour":"red","ok":true}\n', 'in:1: column "size" holds "1e999"'],
    ["jsonl", '{"size":"big","co,lour":"red","ok":true}\n', 'in:1: column "size" holds "big", not a number'],
  ] as const)("refuses them in what it predicts for, too: %s %s", async (from, text, message) => {
    const asked = { ...columns, size: columnSpec({ missing: "error" }) };
    const whole = file("whole.csv", table.replace("2,,blue", "2,7,blue"));
    const { preprocessing } = await loadDataset(
      csvSpec({ path: [whole], target: ["label"], columns: asked }),
      {
        seed: 0,
        baseDirectory: ".",
      },
    );
    const { written } = await run(preprocessing, [Buffer.from(text)], { from, onError: "record" });
    expect(written.replaceAll('""', '"')).toContain(message);
  });
});

describe("an input", () => {
  test.each(["csv", "jsonl"] as const)("of no bytes is refused: %s", async (from) => {
    const { preprocessing } = await trained();
    await expect(run(preprocessing, [], { from })).rejects.toThrow("the file is empty");
  });

  test("may begin with a byte order mark, in JSON too", async () => {
    const { preprocessing } = await trained();
    const line = '\uFEFF{"size":1,"co,lour":"red","ok":true}\n';
    expect((await run(preprocessing, [Buffer.from(line)], { from: "jsonl" })).inputs).toHaveLength(1);
  });
});
