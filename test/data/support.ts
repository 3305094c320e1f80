/** Helpers of the data tests: cutting bytes into chunks, collecting what a scanner finds, specs, files. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { defaultMissingValues } from "../../src/config/schema/missingValues.ts";
import type { ColumnSpec, CsvDataSpec } from "../../src/config/schema.ts";
import type { CsvOptions } from "../../src/data/formats/csv/options.ts";
import { CsvScanner } from "../../src/data/formats/csv/scanner.ts";
import { type AnswerOptions, type AnswerWriter, planAnswers } from "../../src/data/prediction/answerPlan.ts";
import { CsvAnswers } from "../../src/data/prediction/csvAnswers.ts";
import { JsonAnswers } from "../../src/data/prediction/jsonAnswers.ts";
import type { Preprocessing } from "../../src/data/preprocessing/preprocessing.ts";
import { type Problem, sentence } from "../../src/support/errors.ts";

/** The bytes in pieces, cut at the given places (modulo the length). */
export function chunked(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

export interface Scanned {
  header: readonly string[];
  records: string[][];
  problems: string[];
}

export function scanAll(chunks: readonly Uint8Array[], options: CsvOptions = {}): Scanned {
  const scanner = new CsvScanner(options);
  const records: string[][] = [];
  const problems: Problem[] = [];
  const collect = () => {
    for (let record = 0; record < scanner.count; record++) {
      const problem = scanner.problems.get(record);
      if (problem) problems.push(problem);
      else records.push(scanner.header.map((_, field) => scanner.text(record, field)));
    }
  };
  for (const chunk of chunks) {
    scanner.push(chunk);
    collect();
  }
  scanner.end();
  collect();
  return { header: scanner.header, records, problems: problems.map(sentence) };
}

/** A CSV spec with the schema's defaults. */
export function csvSpec(fields: Partial<CsvDataSpec> & Pick<CsvDataSpec, "target">): CsvDataSpec {
  return {
    format: "csv",
    path: null,
    train: null,
    validation: null,
    test: null,
    delimiter: null,
    decimal: ".",
    thousands: null,
    comment: null,
    header: true,
    task: null,
    classes: null,
    scale: "standard",
    missing: "fill",
    missing_values: defaultMissingValues,
    columns: {},
    number_encoding: null,
    stream: null,
    split: { validation: 0, test: 0, stratify: null, seed: null, fold: null },
    ...fields,
  };
}

/** A column's settings with the schema's defaults. */
export function columnSpec(fields: Partial<ColumnSpec>): ColumnSpec {
  return {
    type: null,
    scale: null,
    missing: null,
    indicator: false,
    missing_values: [],
    encoding: null,
    width: null,
    levels: null,
    words: null,
    letters: null,
    buckets: null,
    min_count: 1,
    unseen: "ignore",
    format: null,
    prefix: null,
    suffix: null,
    trim: false,
    case: null,
    ...fields,
  };
}

/** Files in a folder of their own, gone when the tests of the file are done. */
export function temporaryFiles(): (name: string, content: string | Uint8Array) => string {
  const directory = mkdtempSync(join(tmpdir(), "nnt-data-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  return (name, content) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
}

/** A stream of the given chunks. */
export async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Answers as text, in a format that needs no library. */
export function textAnswers(
  preprocessing: Preprocessing,
  { format = "csv", ...asked }: AnswerOptions & { readonly format?: "csv" | "tsv" | "jsonl" },
): AnswerWriter {
  const plan = planAnswers(preprocessing, asked);
  return format === "jsonl" ? new JsonAnswers(plan) : new CsvAnswers(plan, format === "tsv" ? "\t" : ",");
}
