/** Whatever comes in: a canonical spec or a UserError; and canonical means canonical. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { stringifySpec } from "../../src/config/stringify.ts";
import { load, problemsOf, resolved } from "./support.ts";

/** A second's worth; more when hunting: `FC_RUNS=5000 npx vitest run test/config/properties`. */
fc.configureGlobal({ numRuns: Number(process.env.FC_RUNS ?? 40) });

const width = fc.integer({ min: 1, max: 1e6 });
const rate = fc.double({ min: 1e-12, max: 0.99, noNaN: true });
const name = fc
  .string({ unit: "binary", minLength: 1, maxLength: 12 })
  .filter((text) => text !== "__proto__" && !text.includes("\0"));
const columns = fc.dictionary(
  name,
  fc.oneof(
    fc.constantFrom("number", "category", "ignore", "id"),
    fc.record({ missing_values: fc.array(name) }),
  ),
  { noNullPrototype: true },
);
const activation = fc.oneof(fc.constantFrom("relu", "tanh", "elu"), fc.record({ leaky_relu: rate }));
const layer = fc.oneof(
  activation,
  fc.record({ linear: width }),
  fc.record({ dropout: rate }),
  fc.constant("layer_norm"),
);

/** Valid specs in short and long form. */
const spec = fc.record(
  {
    seed: fc.nat(),
    data: fc.oneof(
      fc.record({
        format: fc.constant("csv"),
        path: name,
        target: name.map((text) => [`y${text}`]),
        columns,
        classes: fc.uniqueArray(name, { minLength: 1 }),
      }),
      fc.record({
        train: fc.record({ images: name, labels: name }),
        scale: fc.constantFrom("none", "minmax"),
      }),
    ),
    model: fc.oneof(
      fc.record(
        { hidden: fc.array(width), activation, dropout: rate, norm: fc.constantFrom("batch", "layer", null) },
        { requiredKeys: [] },
      ),
      fc.record({ layers: fc.array(layer).map((layers) => [...layers, "linear"]) }),
    ),
    loss: fc.constantFrom("cross_entropy", "poisson", { name: "quantile", quantile: 0.1 }, null),
    optimizer: fc.oneof(
      fc.constantFrom("adam", "sgd"),
      fc.record({ lr: rate }),
      fc.record({ name: fc.constant("adamw"), weight_decay: rate }),
    ),
    schedule: fc.oneof(
      fc.constantFrom("cosine", "one_cycle"),
      fc.record({ name: fc.constant("step"), step_size: width, gamma: rate }),
    ),
    train: fc.record(
      { epochs: width, batch_size: fc.integer({ min: 2, max: 99 }), shuffle: fc.boolean() },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["data"] },
);

describe("a valid spec", () => {
  it("resolves to one that resolves to itself, in YAML and JSON", () => {
    fc.assert(
      fc.property(spec, (written) => {
        const once = resolved(JSON.stringify(written));
        expect(resolved(stringifySpec(once))).toEqual(once);
        expect(resolved(JSON.stringify(once))).toEqual(once);
        expect(parse(stringifySpec(once))).toEqual(once);
      }),
    );
  });
});

/** Runs a spec's text through everything; anything but a spec or a UserError of usage fails the property. */
function survives(text: string, ...set: string[]): void {
  problemsOf(() => load(text, { set }));
}

describe("nothing but a UserError comes of", () => {
  it("any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => survives(text)));
    const yaml = fc.constantFrom(
      "data:",
      " ",
      "\n",
      "- ",
      "a",
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      "&a ",
      "*a",
      "!!x ",
      '"',
      "'",
      "|",
      ">",
      "#",
      "? ",
      "---\n",
      "%",
      "\t",
      "1",
      "~",
      "<<: ",
    );
    fc.assert(fc.property(fc.array(yaml, { maxLength: 60 }), (parts) => survives(parts.join(""))));
  });

  it("any value in any section", () => {
    const value = fc.anything({
      key: fc.oneof(
        fc.string(),
        fc.constantFrom(
          "name",
          "type",
          "path",
          "target",
          "layers",
          "hidden",
          "linear",
          "columns",
          "split",
          "metric",
        ),
      ),
      values: [
        fc.string(),
        fc.double(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.constantFrom("adam", "step", "csv", "relu", "linear", "mse"),
      ],
      maxDepth: 4,
    });
    const section = fc.constantFrom(
      "name",
      "seed",
      "data",
      "model",
      "loss",
      "init",
      "optimizer",
      "schedule",
      "train",
    );
    fc.assert(
      fc.property(spec, fc.dictionary(section, value), (written, changes) => {
        survives(JSON.stringify({ ...written, ...changes }));
      }),
    );
  });

  it("any part of a valid spec put out of place", () => {
    fc.assert(
      fc.property(spec, fc.nat(), fc.jsonValue(), (written, index, value) => {
        let count = 0;
        const text = JSON.stringify(written, (_key, part) => (count++ === index % 30 ? value : part));
        survives(text ?? "");
      }),
    );
  });

  it("any --set", () => {
    const part = fc.constantFrom(
      "data",
      "model",
      "layers",
      "hidden",
      "0",
      "1",
      "columns",
      "train",
      "optimizer",
      "lr",
      "name",
      "constructor",
      "x",
    );
    const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("."));
    fc.assert(
      fc.property(
        spec,
        fc.array(
          fc.oneof(
            fc.string(),
            fc.tuple(path, fc.json()).map(([left, right]) => `${left}=${right}`),
          ),
          { maxLength: 4 },
        ),
        (written, set) => {
          survives(JSON.stringify(written), ...set);
        },
      ),
    );
  });
});
