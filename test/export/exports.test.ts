/** Every export of every model answers as `nnt predict` does. Judges that are not installed are left out, saying so. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { type ExportTarget, exporters, peculiarities } from "../../src/export/exporters.ts";
import { portableOf } from "../../src/export/portable.ts";
import { run } from "../cli/host.ts";
import { type Case, cleanUp, directory, expectEqual, makeCases, type Row, root } from "./cases.ts";

// Compilers, interpreters and browsers start slowly on a busy machine.
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

let cases: Case[];
const fileOf = ({ model }: Case, extension: string) => model.replace(/\.ckpt$/, extension);

/** Whether the export takes along all that the model does. */
const isFor = (target: ExportTarget, { saved: { preprocessing } }: Case) =>
  !exporters[target].lacks.some((name) => peculiarities[name].isIn(preprocessing));
const casesFor = (target: ExportTarget) => cases.filter((one) => isFor(target, one));

beforeAll(async () => {
  cases = await makeCases();
  for (const one of cases) {
    const { model } = one;
    for (const target of Object.keys(exporters) as ExportTarget[]) {
      if (!isFor(target, one)) continue;
      const { code, err } = await run(["export", model, "--to", target]);
      expect([model, target, code, err]).toEqual([model, target, 0, ""]);
    }
  }
});
afterAll(cleanUp);

test("there is a case for every config and every layer", () => {
  expect(cases.length).toBeGreaterThan(30);
});

test("calibrated models have a temperature, and thresholds that are not ½", () => {
  const fitted = cases.flatMap(({ name, saved }) =>
    name.startsWith("calibrated") ? [saved.preprocessing.calibration!] : [],
  );
  expect(fitted).toHaveLength(4);
  expect(fitted.every(({ temperature }) => temperature !== null && temperature !== 1)).toBe(true);
  expect(fitted.flatMap(({ thresholds }) => thresholds ?? []).filter((p) => p !== 0.5)).toHaveLength(4);
});

/** Some layers are exported as the layers that they amount to: whether these are right is told by the answers. */
const isAnother = (type: string) => ["embed", "embed_numbers", "scale"].includes(type);
const asStored = () => cases.filter(({ saved }) => !saved.layers.some(({ type }) => isAnother(type)));

describe("safetensors", () => {
  test("are the weights under torch's names, and nothing else", () => {
    for (const one of asStored()) {
      const { tensors, metadata } = readSafetensors(fileOf(one, ".safetensors"));
      const { parameters, buffers } = one.saved.checkpoint;
      if (parameters.some(({ name }) => name.includes(".shared."))) continue; // is written apart
      expect(new Map(tensors.map((tensor) => [tensor.name, tensor]))).toEqual(
        new Map([...parameters, ...buffers].map((tensor) => [tensor.name, tensor])),
      );
      expect(Object.fromEntries(metadata)).toEqual({ format: "pt" });
    }
  });
});

interface JsonLayer {
  readonly layers?: readonly JsonLayer[];
  readonly members?: readonly (readonly JsonLayer[])[];
  readonly [field: string]: unknown;
}

describe("json", () => {
  test("holds every weight to the bit", () => {
    for (const one of asStored()) {
      const { layers } = JSON.parse(readFileSync(fileOf(one, ".json"), "utf8"));
      for (const { name, values } of portableOf(one.saved).tensors) {
        const [field = "", ...path] = name.split(".").slice(1).reverse();
        const within = path.reduceRight<JsonLayer>(
          (at, index) => (at.members ? { layers: at.members[Number(index)]! } : at.layers![Number(index)]!),
          { layers },
        );
        expect([name, Float32Array.from((within[field] as number[][]).flat())]).toEqual([name, values]);
      }
    }
  });
});

describe("js", () => {
  test("answers as predict does", async () => {
    for (const { name, model, rows, expected } of cases) {
      const { predict } = await import(/* @vite-ignore */ pathToFileURL(model.replace(/ckpt$/, "js")).href);
      expectEqual(name, rows.map(predict), expected);
    }
  });

  test("refuses what is no row", async () => {
    const { predict } = await import(pathToFileURL(join(directory, "dirty-classes/last.js")).href);
    const row = {
      size: 1,
      year: 2000,
      count: 1,
      moment: 1.6e9,
      colour: "red",
      grade: "a",
      town: "Ulm",
      ok: true,
      rank: 1,
    };
    const whole = Object.fromEntries([...Object.entries(row), ["__proto__", 1]]);
    expect(predict(whole)).toEqual({ prediction: expect.any(String), probabilities: expect.any(Object) });
    expect(() => predict(row)).toThrow('no "__proto__"');
    expect(() => predict({ ...whole, year: "1,5" })).toThrow('"year" is "1,5", not a number');
    expect(() => predict({ ...whole, ok: "perhaps" })).toThrow("not a boolean");
    expect(() => predict(null)).toThrow("the row has no");
  });

  test("has types that a strict compiler takes, and that know columns and classes", () => {
    const user = join(directory, "user.ts");
    const right = `predict({ sepal_length: 5, sepal_width: null, petal_length: "1.5", petal_width: 0.2 }).prediction`;
    writeFileSync(
      user,
      `import { predict } from "./iris/last.js";\nconst a: "setosa" | "versicolor" | "virginica" = ${right};\n// @ts-expect-error\npredict({ sepal_length: 5 });\nexport { a };\n`,
    );
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const options = [
      "--strict",
      "--noEmit",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--types",
      "",
      "--ignoreConfig",
    ];
    const { stdout } = spawnSync(process.execPath, [compiler, ...options, user], {
      cwd: directory,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  });
});

const ort = (() => {
  try {
    return createRequire(import.meta.url)("onnxruntime-node");
  } catch {
    return null;
  }
})();

describe("onnx", () => {
  test.skipIf(ort === null)("answers as predict does (needs onnxruntime-node installed)", async () => {
    for (const one of casesFor("onnx")) {
      const session = await ort.InferenceSession.create(fileOf(one, ".onnx"), { logSeverityLevel: 3 });
      const outputs = await session.run(feedsOf(one, typesOf(session)));
      expectEqual(one.name, answersOf(one, outputs), one.expected);
    }
  });
});

/** What the graph says that it takes, by the inputs' names. */
function typesOf(session: { inputMetadata: readonly { name: string; type: string }[] }): Map<string, string> {
  return new Map(session.inputMetadata.map(({ name, type }) => [name, type]));
}

/** Tensors as the graph wants them: NaN and empty texts for what is missing. */
function feedsOf({ saved, rows }: Case, types: ReadonlyMap<string, string>): Record<string, unknown> {
  const { inputs } = saved.preprocessing;
  const tensor = (type: string, values: unknown, shape: number[]) => new ort.Tensor(type, values, shape);
  const numeric = (name: string, numbers: readonly number[], shape: number[]) => {
    const type = types.get(name)!;
    const values = type === "float64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
    return tensor(type, values, shape);
  };
  if (inputs.kind === "array")
    return { input: numeric("input", (rows as readonly number[][]).flat(), [rows.length, ...inputs.shape]) };
  const feeds = inputs.columns.map((column) => {
    const texts = (rows as readonly Record<string, string>[]).map(
      (row) => new Map(Object.entries(row)).get(column.name)!,
    );
    const shape = [rows.length, 1];
    if (column.type === "category") return [column.name, tensor("string", texts, shape)];
    const numbers = texts.map((text) => {
      const word = text.trim().toLowerCase();
      if (word === "") return Number.NaN;
      return column.type === "boolean" ? Number(/^(true|t|yes|y|1)$/.test(word)) : Number(text);
    });
    return [column.name, numeric(column.name, numbers, shape)];
  });
  return Object.fromEntries(feeds);
}

/** What `predict` would say in the place of these outputs. */
function answersOf({ saved, rows }: Case, outputs: Record<string, { data: ArrayLike<unknown> }>) {
  const { target } = saved.preprocessing;
  const width = (values: ArrayLike<unknown>) => values.length / rows.length;
  const row = (values: ArrayLike<unknown>, i: number) =>
    Array.from(values).slice(i * width(values), (i + 1) * width(values));
  if (target.task === "multioutput") {
    return rows.map((_, i) => ({
      ...Object.fromEntries(
        target.columns.map(({ name }) => [`prediction_${name}`, outputs[`label_${name}`]!.data[i]]),
      ),
      probabilities: Object.fromEntries(
        target.columns.map(({ name, classes }) => {
          const p = row(outputs[`probabilities_${name}`]!.data, i);
          return [name, Object.fromEntries(classes.map((label, j) => [label, p[j]]))];
        }),
      ),
    }));
  }
  const classes =
    target.task === "classification" ? target.classes : target.task === "multilabel" ? target.names : null;
  const areNumbers = target.task === "classification" && target.classes.every((label) => /^\d+$/.test(label));
  return rows.map((_, i) => {
    const probabilities = outputs.probabilities && row(outputs.probabilities.data, i);
    const also = probabilities
      ? { probabilities: Object.fromEntries(classes!.map((name, j) => [name, probabilities[j]])) }
      : {};
    if (outputs.label) {
      const label = outputs.label.data[i];
      return { prediction: areNumbers ? Number(label) : label, ...also };
    }
    const names =
      target.task === "multilabel"
        ? target.names
        : target.task === "regression"
          ? target.columns.map(({ name }) => name)
          : [];
    const named = (what: string, values: readonly number[]) =>
      Object.fromEntries(names.map((name, j) => [names.length === 1 ? what : `${what}_${name}`, values[j]]));
    const values = row((outputs.labels ?? outputs.prediction)!.data, i).map(Number);
    const deviations = outputs.sd ? named("sd", row(outputs.sd.data, i).map(Number)) : {};
    return { ...named("prediction", values), ...deviations, ...also };
  });
}

const python = ["python3", "/usr/bin/python3"].find(
  (one) => spawnSync(one, ["-c", "import torch"]).status === 0,
);

describe("torch", () => {
  test.skipIf(python === undefined)(
    "answers as predict does (needs Python with torch)",
    () => {
      const driver = `
import importlib.util, json, sys
for file in json.load(sys.stdin):
    spec = importlib.util.spec_from_file_location("model", file["path"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    print(json.dumps(module.predict(module.load(), file["rows"])))
`;
      const input = JSON.stringify(
        casesFor("torch").map((one) => ({ path: fileOf(one, ".py"), rows: one.rows })),
      );
      const { stdout, stderr } = spawnSync(python!, ["-c", driver], {
        input,
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      });
      expect(stderr).toBe("");
      const answers = stdout.trimEnd().split("\n");
      casesFor("torch").forEach(({ name, expected }, i) => {
        expectEqual(name, JSON.parse(answers[i]!), expected);
      });
    },
    60_000,
  );
});

const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (one) => spawnSync(one, ["--version"], { timeout: 20_000 }).status === 0,
);

/** The text that a page's script has put into an element #found. */
function foundIn(html: string): unknown {
  const page = join(directory, "page.html");
  writeFileSync(page, html);
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"];
  const profile = `--user-data-dir=${join(directory, "chromium")}`;
  const argv = [...flags, profile, pathToFileURL(page).href];
  const { stdout } = spawnSync(chromium!, argv, { encoding: "utf8", maxBuffer: 2 ** 28, timeout: 60_000 });
  const base64 = /<pre id="found">([^<]*)<\/pre>/.exec(stdout)?.[1] ?? "";
  return JSON.parse(Buffer.from(base64, "base64").toString() || "null");
}

const tell = `const tell = (value) => {
  const found = document.createElement("pre");
  found.id = "found";
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  found.textContent = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  document.body.append(found);
};
// A page answers after the events that ask it.
const shown = new Promise((done) => setTimeout(done, 1000));`;

describe.skipIf(chromium === undefined)("in Chromium (where it is installed)", () => {
  test("the module answers as predict does", () => {
    const scripts = cases.map((one) => {
      const rows = JSON.stringify(one.rows.slice(0, 20)).replaceAll("<", "\\u003c");
      const source = readFileSync(fileOf(one, ".js"), "utf8");
      return `<script type="module">${source}\nglobalThis.answers.push(JSON.parse(${JSON.stringify(rows)}).map(predict));</script>`;
    });
    const page = `<!doctype html><meta charset="utf-8"><body><script>globalThis.answers = [];</script>`;
    const found = foundIn(
      `${page}${scripts.join("")}<script type="module">${tell}\ntell(globalThis.answers);</script>`,
    ) as unknown[][];
    cases.forEach(({ name, expected }, i) => {
      expectEqual(name, found[i]!, expected.slice(0, 20));
    });
  });

  test("the page of a table answers what its controls say", () => {
    const one = cases.find(({ name }) => name === "dirty-classes")!;
    const html = readFileSync(fileOf(one, ".html"), "utf8");
    const found = foundIn(`${html}<script type="module">${tell}
const set = (label, value) => {
  const id = [...document.querySelectorAll("label")].find((one) => one.textContent === label).htmlFor;
  const control = document.getElementById(id);
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
};
const errors = [];
addEventListener("error", ({ message }) => errors.push(message));
for (const [label, value] of Object.entries({ size: 1, year: 1991.5, count: 12, rank: 0.5, moment: 1_600_000_000 })) set(label, value);
set("__proto__", 2);
const choose = (label, text) => set(label, [...document.querySelectorAll("option")].find((one) => one.textContent === text).value);
choose("colour", "</" + "script>");
choose("grade", "b");
choose("town", "Bonn");
choose("ok", "yes");
await shown;
tell({ errors, shown: document.querySelector("#answer .verdict").lastChild.textContent });
</script>`);
    const row = {
      size: 1,
      year: 1991.5,
      count: 12,
      colour: "</script>",
      grade: "b",
      town: "Bonn",
      ok: "yes",
      rank: 0.5,
      moment: 1_600_000_000,
    };
    const expected = answerOf(one, Object.fromEntries([...Object.entries(row), ["__proto__", 2]]) as never);
    return expected.then(({ prediction }) => expect(found).toEqual({ errors: [], shown: prediction }));
  });

  test("the page of images is drawn on, and answers", () => {
    const one = cases.find(({ name }) => name === "digits")!;
    const found = foundIn(`${readFileSync(fileOf(one, ".html"), "utf8")}<script type="module">${tell}
const board = document.querySelector(".board");
const { left, top, width, height } = board.getBoundingClientRect();
const point = (type, x, y) => board.dispatchEvent(new PointerEvent(type, { clientX: left + x * width, clientY: top + y * height }));
const before = document.querySelector("#answer").textContent;
point("pointerdown", 0.5, 0.2);
for (let y = 0.2; y < 0.8; y += 0.05) point("pointermove", 0.5, y);
point("pointerup", 0.5, 0.8);
const seen = document.querySelector(".seen").getContext("2d").getImageData(0, 0, 8, 8).data;
await shown;
tell({ bars: document.querySelectorAll("#answer .bar").length, changed: before !== document.querySelector("#answer").textContent, columns: [...Array(8).keys()].map((x) => seen[4 * (8 * 4 + x) + 3] > 128) });
</script>`);
    // A stroke from top to bottom: ink in the middle columns, none at the sides.
    expect(found).toEqual({
      bars: 10,
      changed: true,
      columns: [false, false, false, true, true, false, false, false],
    });
  });
});

async function answerOf({ model }: Case, row: Exclude<Row, readonly number[]>) {
  const { out } = await run(["predict", model, "--from", "jsonl"], { stdin: JSON.stringify(row) });
  return JSON.parse(out) as { prediction: unknown };
}

describe("the command line", () => {
  test("takes the format from the output's name, and writes what belongs beside it", async () => {
    const { model } = cases[0]!;
    const output = join(directory, "named.mjs");
    const { code, out } = await run(["export", model, "-o", output]);
    expect([code, out]).toEqual([0, `${output}\n${join(directory, "named.d.mts")}\n`]);
  });

  test.each([
    [["--output", "x.txt"], 2, "--to is missing"],
    [[], 2, "--to is missing; expected one of onnx"],
    [["--to", "onxn"], 2, 'did you mean "onnx"?'],
    [["--to", "json", "-o", "/nowhere/x.json"], 5, "/nowhere/x.json"],
  ])("refuses %j", async (argv, exitCode, message) => {
    const { code, out, err } = await run(["export", cases[0]!.model, ...argv]);
    expect([code, out]).toEqual([exitCode, ""]);
    expect(err).toContain(message);
  });

  test("never writes over the model", async () => {
    const { model } = cases[0]!;
    const before = readFileSync(model);
    expect((await run(["export", model, "--to", "json", "-o", model])).code).toBe(2);
    expect(readFileSync(model).equals(before)).toBe(true);
  });
});
