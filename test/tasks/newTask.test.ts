/** A task is a row and its functions: one that is not in the program goes through every command by its row alone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import schemaOfModels from "../../src/config/storedSpec.json" with { type: "json" };
import { randomNormal, randomUniform, streamKey } from "../../src/support/random.ts";
import { sideBySide, type Task } from "../../src/tasks/task.ts";
import { type TaskName, taskNames, tasks } from "../../src/tasks/tasks.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

interface OrdinalTarget {
  readonly task: "ordinal";
  readonly column: string;
  /** The lowest first. */
  readonly grades: readonly string[];
}

/** Grades in an order, learnt as whether each but the last is exceeded (Frank and Hall 2001). */
const ordinal: Task<OrdinalTarget> = {
  kind: "labels",
  learns: ["labels"],
  loss: "bce_with_logits",
  takes: (columns) => columns === 1,
  reads: "text",

  target: ([column], { classes }) => ({
    task: "ordinal",
    column: column!.name,
    grades: classes ?? column!.labels(),
  }),
  stored(fields) {
    const grades = fields.texts("grades");
    fields.require(grades.length > 1, "grades");
    return { task: "ordinal", column: fields.text("column"), grades };
  },
  columns: ({ column }) => [column],
  width: ({ grades }) => grades.length - 1,
  encode({ grades }, [column]) {
    const numbers = column!.classNumbers(grades);
    return sideBySide(grades.slice(1).map((_, k) => numbers.map((number) => (number > k ? 1 : 0))));
  },
  strata: ({ grades }, [column]) => column!.classNumbers(grades),
  answers: ({ column, grades }) => ({
    kind: "labels",
    names: grades.slice(0, -1).map((grade) => `${column}>${grade}`),
    classes: null,
    scalings: null,
    link: "sigmoid",
    outputs: grades.length - 1,
  }),

  metrics: ["accuracy", "hamming_loss", "f1_macro"],
  headline: "hamming_loss",
  ofTraining: [],
  score: "f1_macro",
  calibration: ["temperature", "threshold"],
};

const directory = mkdtempSync(join(tmpdir(), "nnt-task-"));
const path = (name: string) => join(directory, name);
const model = path("run/best.ckpt");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const grades = ["mild", "moderate", "severe"];
const key = streamKey(1, "split");
const rows = Array.from({ length: 300 }, (_, i) => {
  const [dose, noise] = [2 * randomUniform(key, i) - 1, 0.05 * randomNormal(key, 1000 + i)];
  const level = dose + noise < -0.3 ? 0 : dose + noise < 0.4 ? 1 : 2;
  return { dose: dose.toFixed(4), other: randomUniform(key, 2000 + i).toFixed(4), grade: grades[level]! };
});
const spec = `data:
  path: rows.csv
  target: grade
  task: ordinal
  classes: [${grades.join(", ")}]
  split: { validation: 0.2, test: 0.2, stratify: true }
model: { hidden: [8] }
optimizer: { name: adam, lr: 0.03 }
train: { epochs: 30, batch_size: 16, early_stopping: { metric: f1_macro, patience: 30 } }
calibration: { temperature: true, threshold: f1_macro }
`;

type Run = typeof import("../cli/host.ts").run;
let run: Run;

beforeAll(async () => {
  Object.assign(tasks, { ordinal });
  taskNames.push("ordinal" as TaskName);
  // Only now: the schema of the spec takes the names of the tasks as they are when it is loaded.
  ({ run } = await import("../cli/host.ts"));
  // What `npm run schema` would write for it, and models' specs are checked by.
  const { storedSchema } = await import("../../src/config/jsonSchema.ts");
  Object.assign(schemaOfModels, storedSchema());
  writeFileSync(path("rows.csv"), table(rows));
  writeFileSync(path("spec.yaml"), spec);
  const trained = await run(["train", path("spec.yaml"), "--quiet", "--threads", "1", "--out", path("run")]);
  expect([trained.code, trained.err]).toEqual([0, ""]);
});

function table(rows: readonly Record<string, string>[]): string {
  return `${[Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map((fields) => fields.join()).join("\n")}\n`;
}

const names = ["grade>mild", "grade>moderate"];

test("check tells the task, and train what its row says", async () => {
  const { out } = await run(["check", path("spec.yaml"), "--json"]);
  expect(JSON.parse(out)).toMatchObject({
    task: "ordinal",
    outputs: 2,
    loss: "bce_with_logits",
    target: { grades },
  });
  const summary = JSON.parse(readFileSync(path("run/summary.json"), "utf8"));
  expect(Object.keys(summary.metrics.test)).toEqual(["loss", ...ordinal.metrics]);
  const [, epoch] = readFileSync(path("run/metrics.jsonl"), "utf8").split("\n");
  expect(Object.keys(JSON.parse(epoch!).validation)).toEqual(["loss", "hamming_loss", "f1_macro"]);
  expect(readFileSync(path("run/report.html"), "utf8")).toContain("Label by label");
});

test("eval measures it, gates included", async () => {
  const { code, out } = await run(["eval", model, "--json"]);
  const { metrics, per_class } = JSON.parse(out);
  expect(code).toBe(0);
  expect(metrics.f1_macro).toBeGreaterThan(0.85);
  expect(per_class.map((one: { class: string }) => one.class)).toEqual(names);
  expect((await run(["eval", model, "--fail-if", "f1_macro<0.85"])).code).toBe(0);
  expect((await run(["eval", model, "--fail-if", "f1_macro>0.85"])).code).toBe(7);
});

test("eval takes other rows, and refuses a grade that is none", async () => {
  writeFileSync(path("few.csv"), table(rows.slice(0, 20)));
  expect((await run(["eval", model, "--data", path("few.csv")])).code).toBe(0);
  writeFileSync(path("bad.csv"), table([{ ...rows[0]!, grade: "mortal" }]));
  const { code, err } = await run(["eval", model, "--data", path("bad.csv")]);
  expect([code, err]).toEqual([3, expect.stringContaining('"mortal"')]);
});

const wanted = ["dose", "other"] as const;
const inputs = rows.slice(0, 50).map(({ dose, other }) => ({ dose: Number(dose), other: Number(other) }));
const predicted = async (...more: string[]) => {
  const stdin = `${inputs.map((row) => JSON.stringify(row)).join("\n")}\n`;
  const { code, out } = await run(["predict", model, "--from", "jsonl", "--to", "jsonl", ...more], { stdin });
  expect(code).toBe(0);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
};

test("predict answers with its names, and with probabilities", async () => {
  const [low] = await predicted("--proba");
  expect(Object.keys(low)).toEqual([...names.map((name) => `prediction_${name}`), "probabilities"]);
  expect(Object.keys(low.probabilities)).toEqual(names);
  const answers = await predicted();
  const right = answers.filter((answer, i) => {
    const level = grades.indexOf(rows[i]!.grade);
    return names.every((name, k) => answer[`prediction_${name}`] === (level > k ? 1 : 0));
  });
  expect(right.length / answers.length).toBeGreaterThan(0.8);
});

test("explain tells which column it rests on", async () => {
  const { code, out } = await run(["explain", model, "--json"]);
  const { metric, features } = JSON.parse(out);
  expect([code, metric]).toEqual([0, "f1_macro"]);
  const [dose, other] = wanted.map((name) => features.find((one: { name: string }) => one.name === name));
  expect(dose.mean).toBeGreaterThan(other.mean);
});

describe("an export", () => {
  test("to JavaScript answers as predict does", async () => {
    expect((await run(["export", model, "--to", "js", "--output", path("model.mjs")])).code).toBe(0);
    const { predict, classes } = await import(pathToFileURL(path("model.mjs")).href);
    expect(classes).toEqual(names);
    for (const [i, answer] of (await predicted("--proba")).entries()) {
      const { probabilities, ...predictions } = predict(inputs[i]);
      const { probabilities: expected, ...said } = answer;
      expect(predictions).toEqual(said);
      for (const name of names) expect(probabilities[name]).toBeCloseTo(expected[name], 5);
    }
    expect(readFileSync(path("model.d.mts"), "utf8")).toContain('readonly "prediction_grade>mild": 0 | 1;');
  });

  test.each(["onnx", "json", "html", "torch", "safetensors"])("to %s is written", async (to) => {
    expect((await run(["export", model, "--to", to])).code).toBe(0);
  });

  test("to ONNX says what the outputs are", () => {
    const text = readFileSync(path("run/best.onnx"), "latin1");
    for (const word of ["ordinal", JSON.stringify(names), "labels", "probabilities"])
      expect(text).toContain(word);
  });
});

test("a model file whose target is not the task's is refused", async () => {
  const { parsePreprocessing } = await import("../../src/data/preprocessing/parsePreprocessing.ts");
  const target = { task: "ordinal", column: "grade", grades };
  const inputs = { kind: "array", shape: [2], scaling: { name: "none", center: 0, scale: 1 } };
  expect(parsePreprocessing({ inputs, target }, "a.ckpt").target).toEqual(target);
  for (const wrong of [
    { ...target, grades: ["one"] },
    { ...target, column: 3 },
    { ...target, task: "toString" },
  ])
    expect(() => parsePreprocessing({ inputs, target: wrong }, "a.ckpt")).toThrow("damaged");
});
