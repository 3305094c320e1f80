/**
 * The JSON header of a safetensors file, parsed strictly: JSON.parse would hide duplicate keys and create whatever a
 * hostile file asks for. Knows nothing of files and of what the metadata means.
 */

import { bytesPerElement, type Dtype, dtypes, isDtype } from "./dtypes.ts";

/** One tensor as the header describes it. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte offsets in the data section, `end` exclusive. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly tensors: readonly TensorEntry[];
}

/** What is wrong with a header; the caller, who knows the file, turns it into a UserError. */
export class HeaderError extends Error {
  constructor(
    message: string,
    readonly expected?: string,
  ) {
    super(message);
  }
}

/** Opinions, far above what training writes, far below what hurts: 64 MB must be enough to refuse a file. */
export const headerLimits = { bytes: 16 * 2 ** 20, keys: 65_536, rank: 64, nameLength: 1024 } as const;

/**
 * Parses a header and checks that its tensors tile `dataBytes` bytes: from 0 on, no hole, no overlap, each
 * as long as shape and type say. Throws HeaderError.
 */
export function parseHeader(text: string, dataBytes: number): Header {
  const cursor: Cursor = { text, at: 0 };
  if (text[0] !== "{") throw new HeaderError("the header does not begin with {");
  const metadata = new Map<string, string>();
  const tensors = new Map<string, TensorEntry>();
  parseObject(cursor, (key) => {
    if (key === "__metadata__") {
      parseObject(cursor, (name) => metadata.set(name, parseString(cursor)));
      return;
    }
    checkName(key);
    tensors.set(key, parseTensor(cursor, key));
  });
  skipBlanks(cursor);
  if (cursor.at !== text.length) throw unexpected(cursor, "the end of the header");
  const sorted = [...tensors.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(sorted, dataBytes);
  return { metadata, tensors: sorted };
}

/** The header's text, padded with blanks so that the data, 8 bytes after its start, are aligned to 8. */
export function formatHeader({ metadata, tensors }: Header): Buffer {
  const entries = tensors.map(({ name, dtype, shape, begin, end }) => {
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
  });
  const pairs = [...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = Buffer.from(`{${[`"__metadata__":{${pairs.join(",")}}`, ...entries].join(",")}}`);
  return Buffer.concat([text, Buffer.alloc(-text.length & 7, " ")]);
}

/** Number of elements; a later zero does not excuse sizes that no machine has. Throws HeaderError. */
export function elementCount(shape: readonly number[], name: string): number {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count) || !Number.isSafeInteger(count * 8))
      throw new HeaderError(`tensor ${quote(name)} has a shape beyond 2^53 bytes`);
  }
  return count;
}

function checkTiling(tensors: readonly TensorEntry[], dataBytes: number): void {
  let next = 0;
  for (const { name, dtype, shape, begin, end } of tensors) {
    const bytes = elementCount(shape, name) * bytesPerElement(dtype);
    if (end - begin !== bytes)
      throw new HeaderError(
        `tensor ${quote(name)} takes bytes ${begin} to ${end}`,
        `${dtype} [${shape}] needs ${bytes} bytes`,
      );
    if (begin > next) throw new HeaderError(`bytes ${next} to ${begin} belong to no tensor`);
    if (begin < next) throw new HeaderError(`tensor ${quote(name)} overlaps the one before it`);
    next = end;
  }
  if (next > dataBytes)
    throw new HeaderError(
      "the file was cut off",
      `its header promises ${next} bytes of data, and there are ${dataBytes}`,
    );
  if (next < dataBytes) throw new HeaderError(`${dataBytes - next} bytes follow the last tensor`);
}

/** Names never become paths; even so, some have no honest use. */
function checkName(name: string): void {
  const isHarmless =
    name.length > 0 &&
    name.length <= headerLimits.nameLength &&
    !/\p{C}|\\|^\/|(^|\/)\.\.?(\/|$)|^__proto__$/u.test(name);
  if (!isHarmless) throw new HeaderError(`a tensor has the name ${quote(name)}`, "a plain name");
}

function parseTensor(cursor: Cursor, name: string): TensorEntry {
  let dtype: Dtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  parseObject(cursor, (key) => {
    if (key === "dtype") dtype = parseDtype(cursor, name);
    else if (key === "shape") shape = parseNumbers(cursor, headerLimits.rank);
    else if (key === "data_offsets") offsets = parseNumbers(cursor, 2);
    else throw new HeaderError(`tensor ${quote(name)} has the unknown key ${quote(key)}`);
  });
  const [begin, end] = offsets ?? [];
  if (dtype === undefined || shape === undefined || begin === undefined || end === undefined)
    throw new HeaderError(`tensor ${quote(name)} lacks its dtype, shape or data_offsets`);
  if (begin > end)
    throw new HeaderError(`tensor ${quote(name)} ends at ${end}, before it begins at ${begin}`);
  return { name, dtype, shape, begin, end };
}

function parseDtype(cursor: Cursor, name: string): Dtype {
  const dtype = parseString(cursor);
  if (isDtype(dtype)) return dtype;
  throw new HeaderError(`tensor ${quote(name)} has the type ${quote(dtype)}`, dtypes.join(", "));
}

// The subset of JSON that a header may contain.

interface Cursor {
  readonly text: string;
  at: number;
}

/** Calls `parseValue` with each key, once per key; it has to consume the value. */
function parseObject(cursor: Cursor, parseValue: (key: string) => void): void {
  const seen = new Set<string>();
  expect(cursor, "{");
  if (accept(cursor, "}")) return;
  do {
    const key = parseString(cursor);
    if (seen.has(key)) throw new HeaderError(`the key ${quote(key)} appears twice in the header`);
    seen.add(key);
    if (seen.size > headerLimits.keys)
      throw new HeaderError(`the header has more than ${headerLimits.keys} keys`);
    expect(cursor, ":");
    parseValue(key);
  } while (accept(cursor, ","));
  expect(cursor, "}");
}

function parseNumbers(cursor: Cursor, most: number): number[] {
  const numbers: number[] = [];
  expect(cursor, "[");
  if (accept(cursor, "]")) return numbers;
  do {
    if (numbers.length === most) throw unexpected(cursor, `at most ${most} numbers`);
    numbers.push(parseNumber(cursor));
  } while (accept(cursor, ","));
  expect(cursor, "]");
  return numbers;
}

/** Sizes and offsets: whole, not negative, at most 2^53 − 1. */
function parseNumber(cursor: Cursor): number {
  skipBlanks(cursor);
  const digits = match(cursor, /(?:0|[1-9]\d*)(?![\d.eE])/y);
  const number = Number(digits ?? Number.NaN);
  if (!Number.isSafeInteger(number)) throw unexpected(cursor, "a whole number from 0 to 2^53 - 1");
  return number;
}

function parseString(cursor: Cursor): string {
  skipBlanks(cursor);
  const start = cursor.at;
  if (cursor.text[start] !== '"') throw unexpected(cursor, "a string in quotes");
  let end = cursor.text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(cursor.text, end)) end = cursor.text.indexOf('"', end + 1);
  if (end < 0) throw new HeaderError(`the string at character ${start} of the header never ends`);
  cursor.at = end + 1;
  try {
    return JSON.parse(cursor.text.slice(start, end + 1)) as string;
  } catch {
    throw new HeaderError(
      `the string at character ${start} of the header holds a bad escape or a control character`,
    );
  }
}

/** An odd number of backslashes stands before the quote. */
function isEscaped(text: string, quoteAt: number): boolean {
  let first = quoteAt;
  while (text[first - 1] === "\\") first--;
  return (quoteAt - first) % 2 === 1;
}

function expect(cursor: Cursor, character: string): void {
  if (!accept(cursor, character)) throw unexpected(cursor, character);
}

function accept(cursor: Cursor, character: string): boolean {
  skipBlanks(cursor);
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at++;
  return true;
}

function skipBlanks(cursor: Cursor): void {
  match(cursor, /[ \t\r\n]*/y);
}

function match(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  cursor.at += found?.length ?? 0;
  return found;
}

function unexpected({ text, at }: Cursor, expected: string): HeaderError {
  const found = at < text.length ? quote(text.slice(at, at + 20)) : "its end";
  return new HeaderError(`the header holds ${found} at character ${at}`, expected);
}

/** Short, on one line, harmless on a terminal. */
function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "?");
}
