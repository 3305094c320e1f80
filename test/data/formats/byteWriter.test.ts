import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../../src/data/formats/byteWriter.ts";

const written = (write: (out: ByteWriter) => void) => {
  const out = new ByteWriter();
  write(out);
  return Buffer.from(out.take()).toString();
};

test("a float is written so that it is read back, in no more than nine digits", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = written((out) => out.float32(value));
      expect(Math.fround(Number(text))).toBe(value);
      if (Math.abs(value) < 1e9) expect(text.replace(/e.*|^-?[0.]*|\./g, "").length).toBeLessThanOrEqual(9);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  [0, "0"],
  [-0, "-0"],
  [0.1, "0.1"],
  [123.456, "123.456"],
  [1e-5, "0.00001"],
  [100, "100"],
  [1e20, "100000000000000000000"],
])("%d is written as %s", (value, text) =>
  expect(written((out) => out.float32(Math.fround(value)))).toBe(text),
);

test("fields are what csv-parse reads", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", "é", "😀"), minLength: 1 });
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1 }), (fields) => {
      const line = written((out) => {
        for (const [index, field] of fields.entries()) {
          if (index > 0) out.text(",");
          out.csvField(field);
        }
      });
      expect(parse(`${line}\n`, { record_delimiter: "\n" })).toEqual([fields]);
    }),
  );
});
