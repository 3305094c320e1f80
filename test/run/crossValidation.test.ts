/** Cross-validation: what it measures, what it leaves behind, and that it goes on where it was stopped. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadSpec, parseSpec } from "../../src/config/load.ts";
import { rebaseSpec, stringifySpec } from "../../src/config/stringify.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import type { Summary } from "../../src/evaluate/runSummary.ts";
import { readModel, restoreModel } from "../../src/evaluate/savedModel.ts";
import { train } from "../../src/run/train.ts";
import type { TrainOptions } from "../../src/run/trainOptions.ts";
import type { TrainEvent } from "../../src/train/events.ts";
import { irisData, nobody } from "../train/support.ts";

let folder = "";
let whole: Awaited<ReturnType<typeof run>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nnt-folds-"));
  whole = await run("whole");
});
afterAll(() => rmSync(folder, { recursive: true }));

const text = `name: iris
${irisData}
model: { hidden: [6] }
optimizer: { name: adam, lr: 0.05 }
train: { epochs: 3, folds: 3 }
`;

async function run(
  name: string,
  options: Partial<TrainOptions> = {},
  listen: (event: TrainEvent) => void = nobody,
) {
  const directory = join(folder, name);
  const events: TrainEvent[] = [];
  const spec = options.spec ?? parseSpec(text, "spec.yaml");
  const summary = await train(
    {
      spec,
      kernels: "reference",
      threads: 1,
      out: directory,
      mode: "fresh",
      maxSeconds: null,
      signal: new AbortController().signal,
      renderSpec: (resolved, place) => stringifySpec(rebaseSpec(resolved, spec.baseDirectory, place)),
      version: "0",
      ...options,
    },
    (event) => {
      events.push(event);
      listen(event);
    },
  );
  return { summary, events, directory };
}

function summaryOfFold(number: number): Summary {
  return JSON.parse(readFileSync(join(whole.directory, `fold-${number}`, "summary.json"), "utf8")) as Summary;
}

function outOfFold(directory: string) {
  const [header, ...lines] = readFileSync(join(directory, "out_of_fold.csv"), "utf8").trim().split("\n");
  return { header, rows: lines.map((line) => line.split(",")) };
}

test("the run's summary has each fold's figure, their mean and their deviation", () => {
  const { mean, sd, values } = whole.summary.folds!.metrics.accuracy!;
  const [a, b, c] = [1, 2, 3].map((number) => summaryOfFold(number).metrics.test!.accuracy!);
  expect(values).toEqual([a, b, c]);
  expect(mean).toBeCloseTo((a! + b! + c!) / 3, 12);
  expect(sd).toBeCloseTo(Math.hypot(a! - mean, b! - mean, c! - mean) / Math.SQRT2, 12);
});

test("out_of_fold.csv has every row once, in order, and predictions as good as the folds' figures", () => {
  const { header, rows } = outOfFold(whole.directory);
  const flowers = readFileSync("data/iris.csv", "utf8").trim().split("\n").slice(1);
  expect(header).toBe("row,fold,prediction,probability_setosa,probability_versicolor,probability_virginica");
  expect(rows.map(([row]) => Number(row))).toEqual(flowers.map((_, at) => at + 1));
  const right = rows.filter(([row, , prediction]) => flowers[Number(row) - 1]!.includes(prediction!));
  expect(right.length / rows.length).toBeCloseTo(whole.summary.folds!.metrics.accuracy!.mean, 12);
});

test("the run itself then trains on all rows, and events of folds say whose they are", () => {
  const starts = whole.events.filter((event) => event.event === "start");
  expect(starts.map(({ fold }) => fold)).toEqual([1, 2, 3, undefined]);
  expect(starts[1]!.rows).toEqual({ train: 90, validation: 10, test: 50 });
  expect(starts[3]!.rows).toEqual({ train: 135, validation: 15 });
  expect(whole.events.at(-1)).toMatchObject({ event: "end", folds: { count: 3 } });
});

test("a fold's spec trains that fold alone, to the same bits", async () => {
  const spec = loadSpec(join(whole.directory, "fold-2", "spec.yaml"));
  const { summary } = await run("alone", { spec });
  const { weights_sha256, metrics } = summaryOfFold(2);
  expect([summary.weights_sha256, summary.metrics]).toEqual([weights_sha256, metrics]);
});

test("repeated, rows are dealt to other folds, and each is predicted as often", async () => {
  const repeated = text.replace("folds: 3", "folds: 3, repeats: 2").replace("epochs: 3", "epochs: 1");
  const { summary, events, directory } = await run("repeated", { spec: parseSpec(repeated, "spec.yaml") });
  expect(summary.folds!.count).toBe(6);
  const starts = events.filter((event) => event.event === "start");
  expect(starts.map(({ fold }) => fold)).toEqual([1, 2, 3, 4, 5, 6, undefined]);
  const rowsOf = (fold: number) =>
    outOfFold(directory)
      .rows.filter(([, of]) => Number(of) === fold)
      .map(([row]) => Number(row));
  const dealOf = (folds: readonly number[]) => folds.flatMap(rowsOf).sort((a, b) => a - b);
  expect(dealOf([1, 2, 3])).toEqual(dealOf([4, 5, 6]));
  expect(dealOf([1, 2, 3])).toHaveLength(150);
  for (const again of [4, 5, 6]) expect(rowsOf(again)).not.toEqual(rowsOf(again - 3));
});

describe("stopped and resumed", () => {
  test.each([2, undefined])("in fold %s, it ends as if it had not been", async (fold) => {
    const stop = new AbortController();
    const stopped = await run(`stopped-${fold}`, { signal: stop.signal }, (event) => {
      if (event.event === "epoch" && event.epoch === 2 && event.fold === fold) stop.abort("SIGTERM");
    });
    expect(stopped.summary).toMatchObject({ reason: "SIGTERM" });
    const { summary, directory } = await run(`stopped-${fold}`, { mode: "resume" });
    expect(summary.folds).toEqual(whole.summary.folds);
    expect(summary.weights_sha256).toBe(whole.summary.weights_sha256);
    expect(outOfFold(directory)).toEqual(outOfFold(whole.directory));
  });
});

describe("a spec that cannot be cross-validated", () => {
  test.each([
    ["data={path: a.csv, target: y, columns: {part: split}}", /train\.folds splits .* the split column/],
    ["train={folds: 3, repeats: 2, combine: average}", /combines the models of one deal/],
    ["train={repeats: 2}", /without folds/],
    ["data={path: '-', target: y, format: csv}", /standard input/],
    ["data.split={fold: {number: 1, of: 3}}", /in the spec of one fold/],
  ])("%s", (set, message) => {
    expect(() => parseSpec(text, "spec.yaml", { set: [set] })).toThrow(message);
  });
});

describe("folds' models combined", () => {
  let combined: Awaited<ReturnType<typeof run>>;
  const spec = parseSpec(text.replace("folds: 3", "folds: 3, combine: average"), "spec.yaml");
  beforeAll(async () => {
    combined = await run("combined", { spec });
  });
  const tensorsOf = (directory: string) =>
    new Map(
      readModel(join(directory, "best.ckpt")).checkpoint.parameters.map(({ name, values }) => [name, values]),
    );

  test("are members of one model, each as its own best epoch left it, with one preprocessing", () => {
    const own = tensorsOf(combined.directory);
    const folds = [1, 2, 3].map((number) => join(combined.directory, `fold-${number}`));
    for (const [member, fold] of folds.entries()) {
      const of = tensorsOf(fold);
      expect(of.size).toBe(own.size / 3);
      for (const [name, values] of of)
        expect(own.get(name.replace("layers.", `layers.0.${member}.`))).toEqual(values);
    }
    const { trained, ...fitted } = readModel(join(combined.directory, "best.ckpt")).preprocessing;
    expect(trained!.rows).toBe(150);
    for (const fold of folds) expect(readModel(join(fold, "best.ckpt")).preprocessing).toEqual(fitted);
  });

  test("are measured on the rows that each was trained without: together, all rows", () => {
    const { metrics, folds } = combined.summary;
    expect(Object.keys(metrics)).toEqual(["out_of_fold"]);
    expect(folds!.count).toBe(3);
    const lines = readFileSync(join(combined.directory, "out_of_fold.csv"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(151);
  });

  test("are those of the folds begun where the run was stopped, until it goes on", async () => {
    const stop = new AbortController();
    const warnings: string[] = [];
    const { directory } = await run("combined-stopped", { spec, signal: stop.signal }, (event) => {
      if (event.event === "warning") warnings.push(event.message);
      if (event.event === "epoch" && event.epoch === 2 && event.fold === 2) stop.abort("SIGTERM");
    });
    expect(warnings.join()).toContain("the model is that of 2 of 3");
    for (const name of ["best", "last"]) {
      const saved = readModel(join(directory, `${name}.ckpt`));
      expect(saved.layers).toMatchObject([{ type: "ensemble", members: 2 }]);
      expect(() => restoreModel(new Kernels(openReference()), saved)).not.toThrow();
    }
    expect(tensorsOf(directory).get("layers.0.0.0.weight")).toEqual(
      tensorsOf(combined.directory).get("layers.0.0.0.weight"),
    );
    const { summary } = await run("combined-stopped", { spec, mode: "resume" });
    expect(summary.weights_sha256).toBe(combined.summary.weights_sha256);
    expect(summary.metrics).toEqual(combined.summary.metrics);
  });
});

describe("folds' models combined and measured again", () => {
  const spec = parseSpec(
    text
      .replace("epochs: 3, folds: 3", "epochs: 12, folds: 3, combine: average_remeasured")
      .replace("0.05", "0.4"),
    "spec.yaml",
  );
  let common: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    common = await run("common", { spec });
  });
  const folds = [1, 2, 3];
  const losses = (number: number) =>
    common.events.flatMap((event) =>
      event.event === "epoch" && event.fold === number ? [event.validation!.loss!] : [],
    );

  test("are those of their own best epochs, measured by others of the epoch whose mean loss is least", () => {
    const means = Array.from({ length: 12 }, (_, epoch) =>
      folds.reduce((sum, number) => sum + losses(number)[epoch]!, 0),
    );
    const best = means.indexOf(Math.min(...means)) + 1;
    const own = folds.map((number) => losses(number).slice(0, 12));
    const { parameters } = readModel(join(common.directory, "best.ckpt")).checkpoint;
    const combined = new Map(parameters.map(({ name, values }) => [name, values]));
    expect(own.map((curve) => curve.indexOf(Math.min(...curve)) + 1)).not.toEqual([best, best, best]);
    for (const number of folds) {
      const { checkpoint } = readModel(join(common.directory, `fold-${number}-common`, "best.ckpt"));
      expect(checkpoint.training.epoch).toBe(best);
      const member = readModel(join(common.directory, `fold-${number}`, "best.ckpt")).checkpoint;
      expect(member.training.epoch).toBe(own[number - 1]!.indexOf(Math.min(...own[number - 1]!)) + 1);
      const [weight] = member.parameters;
      expect(combined.get(weight!.name.replace("layers.", `layers.0.${number - 1}.`))).toEqual(
        weight!.values,
      );
      expect(losses(number).slice(12)).toEqual(losses(number).slice(0, best));
    }
    const { metrics } = common.summary;
    const told = folds.reduce((sum, number) => sum + losses(number)[best - 1]! / 3, 0);
    expect(metrics.out_of_fold!.loss).toBeCloseTo(told, 6);
  });

  test.each(["fold-3", "fold-2-common"])("go on where they were stopped, in %s", async (place) => {
    const stop = new AbortController();
    let starts = 0;
    await run(`common-${place}`, { spec, signal: stop.signal }, (event) => {
      if (event.event === "start") starts++;
      if (event.event === "epoch" && starts === (place === "fold-3" ? 3 : 5)) stop.abort("SIGTERM");
    });
    const { summary } = await run(`common-${place}`, { spec, mode: "resume" });
    expect(summary.best_weights_sha256).toBe(common.summary.best_weights_sha256);
    expect(summary.metrics).toEqual(common.summary.metrics);
  });
});

test("a fold of a recipe has a spec that trains that fold alone", async () => {
  const small = "recipe: realmlp-1\nmodel: { hidden: [6] }\ntrain: { epochs: 1, folds: 2 }\n";
  const spec = parseSpec(
    `name: iris\n${irisData.replace("species", "species, task: classification")}\n${small}`,
    "spec.yaml",
  );
  const { directory } = await run("recipe", { spec });
  const { directory: alone } = await run("recipe-fold", {
    spec: loadSpec(join(directory, "fold-2", "spec.yaml")),
  });
  const weights = (of: string) => readModel(join(of, "best.ckpt")).checkpoint.parameters;
  expect(weights(alone)).toEqual(weights(join(directory, "fold-2")));
});

describe("folds' models of several networks blended", () => {
  const beside = "blend: [{ model: {}, optimizer: { name: adam, lr: 0.1 }, train: { epochs: 5 } }]";
  const several = (text: string) => `${text.replace("folds: 3", "folds: 3, combine: average")}${beside}\n`;
  let blended: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    blended = await run("blended", { spec: parseSpec(several(text), "spec.yaml") });
  });
  const modelOf = (directory: string) => readModel(join(directory, "best.ckpt"));

  test("are one model, in which each network counts as often as its answers help", () => {
    const [layer] = modelOf(blended.directory).layers;
    expect(layer).toMatchObject({ type: "blend", average: "softmax" });
    const { networks } = layer as Extract<typeof layer, { type: "blend" }>;
    expect(networks.length).toBeGreaterThan(0);
    for (const { layers } of networks) expect(layers).toMatchObject([{ type: "ensemble", members: 3 }]);
    const lone = modelOf(join(blended.directory, "fold-2-network-2"));
    expect(lone.layers.map(({ type }) => type)).toEqual(["linear"]);
    expect(lone.checkpoint.training.epoch).toBeLessThanOrEqual(5);
  });

  test("out_of_fold.csv has the blend's answers, which the figures are of", () => {
    const { rows } = outOfFold(blended.directory);
    expect(rows.map(([row]) => Number(row))).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    const flowers = readFileSync("data/iris.csv", "utf8").trim().split("\n").slice(1);
    const right = rows.filter(([row, , prediction]) => flowers[Number(row) - 1]!.includes(prediction!));
    expect(right.length / 150).toBeCloseTo(blended.summary.metrics.out_of_fold!.accuracy!, 12);
  });

  test("the run's spec trains the same again, also from where it was stopped", async () => {
    const stop = new AbortController();
    const spec = loadSpec(join(blended.directory, "spec.yaml"));
    await run("blend-stopped", { spec, signal: stop.signal }, (event) => {
      if (event.event === "end" && event.fold === 2) stop.abort("SIGTERM");
    });
    const { summary } = await run("blend-stopped", { spec, mode: "resume" });
    expect(summary.best_weights_sha256).toBe(blended.summary.best_weights_sha256);
  });

  test("are refused without folds to combine, and for distributions", () => {
    expect(() => parseSpec(`${text}${beside}\n`, "spec.yaml")).toThrow(/blend/);
  });
});
