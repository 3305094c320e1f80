/** JSON Lines: one object per line, whatever the chunks. Strict: what is wrong with a line stands beside it. */
import { isUtf8 } from "node:buffer";
import type { Problem } from "../../support/errors.ts";
import type { ByteWriter } from "./byteWriter.ts";
import { maxRecordBytes } from "./csv/scanner.ts";
import { dataError } from "./problems.ts";
import type { RecordBatch } from "./records.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The objects of one batch. `header` are the keys of the stream's first record. */
export class JsonlRecords implements RecordBatch {
  readonly objects: (JsonObject | Problem)[] = [];
  readonly lines: number[] = [];
  private readonly wrong = new Set<number>();

  constructor(public header: readonly string[]) {}

  get count(): number {
    return this.lines.length;
  }

  /** A record's object; there is none where `problemOf` says why. */
  objectOf(record: number): JsonObject {
    return this.objects[record] as JsonObject;
  }

  lineOf(record: number): number {
    return this.lines[record]!;
  }

  problemOf(record: number): Problem | null {
    return this.wrong.has(record) ? (this.objects[record] as Problem) : null;
  }

  writeCsv(record: number, field: number, out: ByteWriter): void {
    const value = fieldOf(this.objectOf(record), this.header[field]!);
    if (value === undefined || value === null) return;
    out.csvField(typeof value === "string" ? value : JSON.stringify(value));
  }

  writeJson(record: number, field: number, out: ByteWriter): void {
    out.text(JSON.stringify(fieldOf(this.objectOf(record), this.header[field]!) ?? null));
  }

  add(line: number, text: Uint8Array, file: string | undefined): void {
    const parsed = parseLine(text, line, file);
    if ("problem" in parsed) this.wrong.add(this.lines.length);
    this.objects.push("problem" in parsed ? parsed.problem : parsed.object);
    this.lines.push(line);
  }
}

/** A field by its own name only: `__proto__` is a name like any other. */
export function fieldOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Batches of the lines that are complete. Empty lines at the end are none. Throws UserError(data). */
export async function* jsonlRecords(
  source: AsyncIterable<Uint8Array>,
  file: string | undefined,
): AsyncGenerator<JsonlRecords> {
  let header: readonly string[] | null = null;
  let line = 1;
  let blank: number | null = null;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let batch = new JsonlRecords([]);
  const take = (bytes: Uint8Array) => {
    const text = trimmed(line === 1 ? withoutMark(bytes) : bytes);
    if (text.length === 0) blank ??= line;
    else {
      if (blank !== null) batch.add(blank, new Uint8Array(0), file);
      blank = null;
      batch.add(line, text, file);
    }
    line++;
  };
  const finished = () => {
    if (header === null && batch.problemOf(0) === null) header = Object.keys(batch.objectOf(0));
    batch.header = header ?? [];
    const full = batch;
    batch = new JsonlRecords(header ?? []);
    return full;
  };
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      const piece = chunk.subarray(from, end);
      take(rest.length > 0 ? Buffer.concat([...rest, piece]) : piece);
      rest = [];
      restBytes = 0;
      from = end + 1;
      if (batch.count >= batchRecords) yield finished();
    }
    if (from < chunk.length) {
      rest.push(Uint8Array.from(chunk.subarray(from)));
      restBytes += chunk.length - from;
      if (restBytes > maxRecordBytes) {
        const expected = `${maxRecordBytes / 2 ** 20} MB at most`;
        throw dataError({ file, line, message: "a line that does not end", expected });
      }
    }
    if (batch.count > 0) yield finished();
  }
  if (restBytes > 0) take(Buffer.concat(rest));
  if (batch.count > 0) yield finished();
}

/** Records per batch, so that a large chunk makes no large heap. */
const batchRecords = 1024;

function parseLine(
  bytes: Uint8Array,
  line: number,
  file: string | undefined,
): { object: JsonObject } | { problem: Problem } {
  const fault = (message: string, column?: number) => ({
    problem: { file, line, column, message, expected: "one JSON object per line" },
  });
  if (bytes.length === 0) return fault("an empty line");
  if (!isUtf8(bytes)) return fault("invalid UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const twice = repeatedKey(bytes, Object.keys(value).length);
      return twice === null ? { object: value as JsonObject } : fault(`the key ${twice} twice`);
    }
    return fault(`${Array.isArray(value) ? "an array" : JSON.stringify(value)} instead of an object`);
  } catch (error) {
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    return fault("not JSON", at === undefined ? undefined : Number(at) + 1);
  }
}

/** The first key that a valid object has twice, as it is written; null if its keys are as many as its members. */
function repeatedKey(bytes: Uint8Array, keys: number): string | null {
  const seen = new Set<string>();
  let depth = 0;
  let commas = 0;
  let key = "";
  const find = keys < 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === doubleQuote) {
      const start = at++;
      for (; bytes[at] !== doubleQuote; at++) if (bytes[at] === backslash) at++;
      if (find && depth === 1) key = Buffer.from(bytes.subarray(start, at + 1)).toString();
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (depth !== 1) continue;
    else if (byte === 0x2c) commas++;
    else if (find && byte === 0x3a) {
      const name = String(JSON.parse(key));
      if (seen.has(name)) return key;
      seen.add(name);
    }
  }
  return find || keys === 0 || commas + 1 === keys ? null : repeatedKey(bytes, -1);
}

const doubleQuote = 0x22;
const backslash = 0x5c;

function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === carriageReturn || bytes[end - 1] === 0x20 || bytes[end - 1] === 0x09))
    end--;
  return bytes.subarray(0, end);
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
