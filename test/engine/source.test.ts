/** Compiled kernels, their C source, and the tables that both sides share belong together. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { enumsHeader } from "../../kernels/enums.ts";
import { sourceHash as hashOfSource } from "../../kernels/source.js";
import { sourceHash } from "../../src/engine/fast/sourceHash.ts";

test("the committed binaries were built from the C source as it is (else: npm run build:wasm)", () => {
  expect(sourceHash).toBe(hashOfSource());
});

test("the header of names was written from the tables as they are (else: npm run build:native)", () => {
  const header = new URL("../../kernels/enums.h", import.meta.url);
  expect(readFileSync(header, "utf8")).toBe(enumsHeader());
});
