/** The JSON Schema that editors use: committed, and in agreement with what nnt itself accepts. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { jsonSchema, jsonSchemaText } from "../../src/config/jsonSchema.ts";
import { load, resolved } from "./support.ts";

const root = new URL("../../", import.meta.url);

/** zod reads the JSON Schema back: an editor's eyes. */
const editor = z.fromJSONSchema(jsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);

const specs = [
  "{ data: { path: a.csv, target: y } }",
  "{ data: { path: [a.csv, b.csv], target: [y, z], classes: [0, 1], delimiter: tab, missing_values: -9 } }",
  "{ data: { train: a.csv, target: y, columns: { a: ignore, b: { type: number, missing_values: [0] } } } }",
  "{ data: { train: { images: a, labels: b }, split: { validation: 0.1 } } }",
  "{ data: { path: a.csv, target: y }, model: { hidden: [8], activation: { leaky_relu: 0.1 }, norm: layer } }",
  "{ data: { path: a.csv, target: y }, model: { layers: [{ linear: 8, bias: false }, relu, { dropout: 0.1 }, { elu: { alpha: 2 } }, { batch_norm: }, { type: linear }] } }",
  "{ data: { path: a.csv, target: y }, loss: logistic, optimizer: { lr: 0.1 }, schedule: { name: cosine, T_max: 3 }, init: { from: w } }",
  "{ data: { path: a.csv, target: y }, loss: { name: l1 }, optimizer: sgd, schedule: { name: step, step_size: 3, warmup_epochs: 1 }, init: zeros }",
  "{ data: { path: a.csv, target: y }, train: { max_steps: 9, early_stopping: { metric: accuracy } } }",
];

describe("agrees with nnt", () => {
  test.each(specs)("that this is a spec, in its short and in its canonical form: %s", (text) => {
    const spec = resolved(text);
    expect(editor.safeParse(parse(text)).error?.issues).toBeUndefined();
    expect(editor.safeParse(spec).error?.issues).toBeUndefined();
  });

  test.each([
    "{ data: { path: a.csv } }",
    "{ data: { path: a.csv, target: y }, sed: 1 }",
    "{ data: { path: a.csv, target: y }, optimizer: adma }",
    "{ data: { path: a.csv, target: y }, optimizer: { name: adam, momentum: 1 } }",
    "{ data: { path: a.csv, target: y }, model: { hidden: [0] } }",
    "{ data: { path: a.csv, target: y }, model: { layers: [{ liner: 3 }] } }",
    "{ data: { path: a.csv, target: y }, train: { batch_size: many } }",
    "{ data: { path: a.csv, target: y, columns: { a: nubmer } } }",
  ])("that this is none: %s", (text) => {
    expect(() => load(text)).toThrow();
    expect(editor.safeParse(parse(text)).success).toBe(false);
  });
});

it("is what the committed file holds (npm run schema writes it)", () => {
  expect(readFileSync(new URL("nnt.schema.json", root), "utf8")).toBe(jsonSchemaText());
});

it("describes every option", () => {
  const bare = Array.from(undescribed(jsonSchema(), ""));
  expect(bare.filter((path) => !/\.(name|type)$/.test(path))).toEqual([]);
});

it("takes every schedule and optimizer of the golden files, with their options", () => {
  const golden = (name: string) =>
    JSON.parse(readFileSync(new URL(`test/golden/${name}.json`, root), "utf8"));
  for (const { schedule, options } of golden("schedules").cases) {
    const text = JSON.stringify({
      data: { path: "a.csv", target: "y" },
      schedule: { name: schedule, ...options },
    });
    expect(resolved(text).schedule).toMatchObject({ name: schedule, ...options });
  }
  for (const { optimizer, options } of golden("optimizers").cases) {
    const [name] = optimizer.match(/^(sgd|adamw?)(?=_|$)/) ?? [];
    if (!name) continue;
    const text = JSON.stringify({ data: { path: "a.csv", target: "y" }, optimizer: { name, ...options } });
    expect(resolved(text).optimizer).toMatchObject({ name, ...options });
  }
});

it("is named by every spec in configs/, and accepts it", () => {
  const folder = new URL("configs/", root);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
    const text = readFileSync(new URL(file, folder), "utf8");
    expect(text.split("\n")[0], file).toBe("# yaml-language-server: $schema=../nnt.schema.json");
    expect(editor.safeParse(parse(text)).error?.issues, file).toBeUndefined();
    load(text);
  }
});

/** Paths of options without a description, in long forms. */
function* undescribed(schema: object, path: string): Iterable<string> {
  const { properties = {}, anyOf = [] } = schema as { properties?: Record<string, object>; anyOf?: object[] };
  for (const form of anyOf) yield* undescribed(form, path);
  if ("linear" in properties || "leaky_relu" in properties) return;
  for (const [name, property] of Object.entries(properties)) {
    if (!("description" in property)) yield `${path}.${name}`;
    yield* undescribed(property, `${path}.${name}`);
  }
}
