/** Objects of JSON Lines as rows of a table. Every object has the first one's keys: none more, none less. */
import type { Problem } from "../../support/errors.ts";
import { CsvBatch, type Place } from "./csv/batch.ts";
import { fieldOf, type JsonlRecords, type JsonObject, jsonlRecords } from "./jsonl.ts";
import type { LevelIndex } from "./levels.ts";
import { parseFloat32 } from "./number.ts";
import { dataError } from "./problems.ts";

/** Batches of rows, each valid until the next is asked for. Throws UserError(data). */
export async function* jsonlRows(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<CsvBatch> {
  let rows: JsonlRows | null = null;
  for await (const records of jsonlRecords(source, file)) {
    const wrong = rows === null ? records.problemOf(0) : null;
    if (wrong) throw dataError(wrong);
    rows ??= new JsonlRows(file, records.header);
    rows.take(records);
    yield rows;
  }
  if (rows === null) throw dataError({ file, message: "the file is empty" });
}

class JsonlRows extends CsvBatch {
  private texts: string[] = [];
  private readonly known: ReadonlySet<string>;

  constructor(file: string, names: readonly string[]) {
    super(file, null);
    this.header = names;
    this.known = new Set(names);
  }

  take(records: JsonlRecords): void {
    const { header, known } = this;
    const names = header!;
    this.count = records.count;
    this.first = Int32Array.from({ length: this.count + 1 }, (_, record) => record * names.length);
    this.lines = Float64Array.from(records.lines);
    this.values = new Float32Array(this.count * names.length).fill(Number.NaN);
    this.texts = new Array<string>(this.values.length).fill("");
    this.problems.clear();
    for (let record = 0; record < this.count; record++) {
      const problem = records.problemOf(record) ?? this.misfit(records.objectOf(record), record, known);
      if (problem) this.problems.set(record, problem);
      else this.takeObject(records.objectOf(record), record * names.length);
    }
  }

  override text(record: number, field: number): string {
    return this.texts[this.first[record]! + field]!;
  }

  override number(record: number, field: number): number {
    const at = this.first[record]! + field;
    if (!Number.isNaN(this.values[at]!)) return this.values[at]!;
    const bytes = Buffer.from(this.texts[at]!);
    return parseFloat32(bytes, 0, bytes.length);
  }

  override levelOf(record: number, field: number, index: LevelIndex): number {
    const bytes = Buffer.from(this.text(record, field));
    return index.find(bytes, 0, bytes.length);
  }

  override placeOf(record: number): Place {
    return { file: this.file, line: this.lines[record] };
  }

  private takeObject(object: JsonObject, at: number): void {
    for (const [field, name] of this.header!.entries()) {
      const value = fieldOf(object, name);
      if (typeof value === "number") this.values[at + field] = value;
      if (value !== null) this.texts[at + field] = String(value);
    }
  }

  /** Why an object is no row. */
  private misfit(object: JsonObject, record: number, known: ReadonlySet<string>): Problem | null {
    const place = this.placeOf(record);
    const expected = "the first object's keys, null for what is missing";
    for (const name of this.header!) {
      const value = fieldOf(object, name);
      if (value === undefined)
        return { ...place, message: `the object has no ${JSON.stringify(name)}`, expected };
      if (typeof value === "object" && value !== null) {
        const message = `${JSON.stringify(name)} is ${Array.isArray(value) ? "an array" : "an object"}`;
        return { ...place, message, expected: "a number, a text, a boolean or null" };
      }
    }
    const more = Object.keys(object).find((name) => !known.has(name));
    return more === undefined
      ? null
      : { ...place, message: `the object has ${JSON.stringify(more)}, which the first has not`, expected };
  }
}
