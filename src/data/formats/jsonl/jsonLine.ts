/** One line of JSON Lines: an object whose keys differ, or what is wrong; and its values as they are written. */
import { isUtf8 } from "node:buffer";
import type { Problem } from "../../../support/errors.ts";
import { encodingHint, invalidUtf8 } from "../encodings.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A field by its own name only: `__proto__` is a name like any other. */
export function memberOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** @param line its number, for problems */
export function parseLine(
  bytes: Uint8Array,
  line: number,
  file: string | undefined,
): { object: JsonObject } | { problem: Problem } {
  const fault = (message: string, column?: number) => ({
    problem: { file, line, column, message, expected: "one JSON object per line" },
  });
  if (bytes.length === 0) return fault("an empty line");
  if (!isUtf8(bytes)) {
    const { problem } = fault("invalid UTF-8");
    return { problem: { ...problem, expected: "UTF-8 text", hint: encodingHint(bytes, invalidUtf8(bytes)) } };
  }
  const text = textOf(bytes, 0, bytes.length);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const twice = repeatedKey(bytes, Object.keys(value).length);
      return twice === null ? { object: value as JsonObject } : fault(`the key ${twice} twice`);
    }
    if (!Array.isArray(value)) return fault(`${JSON.stringify(value)} instead of an object`);
    const { problem } = fault("an array instead of an object");
    return { problem: { ...problem, hint: "jq -c '.[]' FILE writes an array of objects as JSON Lines" } };
  } catch (error) {
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    return fault("not JSON", at === undefined ? undefined : Number(at) + 1);
  }
}

/**
 * The elements of what should be a JSON array of objects: the bytes between its commas, whatever they are. All bytes, where
 * it is no array.
 */
export function elementsOf(bytes: Uint8Array): Uint8Array[] {
  let [start, end] = [0, bytes.length];
  while (isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  if (bytes[start] !== openBracket || bytes[end - 1] !== closeBracket) return [bytes];
  const elements: Uint8Array[] = [];
  let from = start + 1;
  let depth = 0;
  for (let at = from; at < end - 1; at++) {
    const byte = bytes[at]!;
    if (byte === doubleQuote) {
      at++;
      for (; at < end && bytes[at] !== doubleQuote; at++) if (bytes[at] === backslash) at++;
    } else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    else if (byte === comma && depth === 0) {
      elements.push(bytes.subarray(from, at));
      from = at + 1;
    }
  }
  const last = bytes.subarray(from, end - 1);
  return elements.length === 0 && last.every(isBlank) ? [] : [...elements, last];
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The value of a key that a valid object has, as it is written: a number with all its digits. */
export function sourceOf(bytes: Uint8Array, name: string): string {
  let source = "";
  visitMembers(bytes, (key, start, end) => {
    if (keyText(key()) === name) source = textOf(bytes, start, end).trim();
  });
  return source;
}

/** The first key that a valid object has twice, as it is written; null if its keys are as many as its members. */
function repeatedKey(bytes: Uint8Array, keys: number): string | null {
  let members = 0;
  visitMembers(bytes, () => members++);
  if (members === keys) return null;
  const seen = new Set<string>();
  let twice: string | null = null;
  visitMembers(bytes, (key) => {
    const name = keyText(key());
    if (seen.has(name)) twice ??= key();
    seen.add(name);
  });
  return twice;
}

const keyText = (written: string): string => String(JSON.parse(written));

/** Tells of each member of a valid object its key, as it is written, and where its value stands. */
function visitMembers(
  bytes: Uint8Array,
  visit: (key: () => string, valueStart: number, valueEnd: number) => void,
): void {
  let depth = 0;
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = 0;
  const key = () => textOf(bytes, keyStart, keyEnd);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === doubleQuote) {
      const start = at++;
      for (; bytes[at] !== doubleQuote; at++) if (bytes[at] === backslash) at++;
      if (depth === 1 && valueStart === 0) {
        keyStart = start;
        keyEnd = at + 1;
      }
    } else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) {
      if (--depth === 0 && valueStart > 0) visit(key, valueStart, at);
    } else if (depth !== 1) continue;
    else if (byte === colon) valueStart = at + 1;
    else if (byte === comma) {
      visit(key, valueStart, at);
      valueStart = 0;
    }
  }
}

const doubleQuote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}
