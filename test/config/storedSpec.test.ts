/** What a model file holds as its spec passes the schema, without the time that zod takes to load. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it, test } from "vitest";
import { conform } from "../../src/config/conform.ts";
import { type JsonSchema, storedSchema } from "../../src/config/jsonSchema.ts";
import { type Spec, specSchema } from "../../src/config/schema.ts";
import schema from "../../src/config/storedSpec.json" with { type: "json" };
import { parseStoredSpec } from "../../src/config/storedSpec.ts";
import { uniform } from "../chance.ts";
import { changedPart } from "../fuzz/changed.ts";
import { resolved } from "./support.ts";

const root = new URL("../../", import.meta.url);
const canonical = (text: string): Spec => {
  const { search: _, ...spec } = resolved(text) as Spec & { search?: unknown };
  return JSON.parse(JSON.stringify(spec)) as Spec;
};

const specs = [
  "{ data: { path: a.csv, target: y, columns: { a: { type: time, format: '%Y' }, b: { missing: { constant: 1 } } } } }",
  "{ data: { train: { images: a, labels: b }, augment: { shift: 1, elastic: { alpha: 1, sigma: 2 } } } }",
  "{ data: { path: a.csv, target: [y, z], task: regression }, model: { layers: [{ linear: 8 }, { residual: [relu, linear] }] } }",
  "{ data: { path: a.csv, target: y }, model: { hidden: [4], members: 3 }, calibration: { temperature: true } }",
  ...readdirSync(new URL("configs/", root))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => readFileSync(new URL(`configs/${name}`, root), "utf8")),
].map(canonical);

it("is the schema that the sections of a spec have (npm run schema writes it)", () => {
  expect(schema).toEqual(storedSchema());
});

test("specs that nnt writes conform, and stay as they are", () => {
  for (const spec of specs) expect(parseStoredSpec(spec)).toEqual({ spec });
});

test("of changed specs those conform that zod takes, with the same values", () => {
  const chance = uniform(15);
  const taken = { yes: 0, no: 0 };
  for (let round = 0; round < 3000; round++) {
    let spec: unknown = specs[round % specs.length];
    for (let left = 1 + (round % 2); left > 0; left--) spec = changedPart(spec, chance);
    const found = conform(schema as JsonSchema, spec);
    const { success, data } = specSchema.safeParse(spec);
    expect("value" in found, JSON.stringify(spec)).toBe(success);
    if ("value" in found) expect(found.value).toEqual(data);
    taken[success ? "yes" : "no"]++;
  }
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(200);
});
