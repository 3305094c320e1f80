/** What can be wrong with CSV bytes, in words. */
import { isUtf8 } from "node:buffer";
import type { Problem } from "../../support/errors.ts";

type Fault = Pick<Problem, "message" | "expected" | "hint">;

/** A row of too few or too many fields; of none, it is an empty line. */
export function raggedRow(found: number, expected: number): Fault {
  const message = found === 0 ? "an empty line" : `a row of ${found} ${found === 1 ? "field" : "fields"}`;
  return { message, expected: `${expected}, as in the header` };
}

/** `offset`: the byte's in the file, from 0. */
export function nulByte(offset: number): Fault {
  return {
    message: `a NUL byte at byte ${offset}`,
    expected: "UTF-8 text",
    hint: "if it is UTF-16: iconv -f UTF-16 -t UTF-8 FILE",
  };
}

/** `offset`: where the record starts in the file, from 0. */
export function invalidEncoding(record: Uint8Array, offset: number): Fault {
  return {
    message: `invalid UTF-8 at byte ${offset + invalidUtf8(record)}`,
    expected: "UTF-8 text",
    hint: "if it is Latin-1: iconv -f LATIN1 -t UTF-8 FILE",
  };
}

export const strayQuote: Fault = {
  message: "a quote inside a field",
  expected: "a field in quotes, with its own doubled",
};

export function textAfterQuote(delimiter: string): Fault {
  const name = delimiter === "\t" ? "a tab" : `\`${delimiter}\``;
  return { message: "text after a closing quote", expected: `${name} or the line's end` };
}

/** Offset of the first byte that no UTF-8 text has there. */
function invalidUtf8(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) valid = middle;
    else invalid = middle;
  }
  return characterStart(bytes, valid);
}

/** The position moved back, at most three bytes, to where a character starts. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let back = 0; back < 4 && at - back >= 0; back++) {
    if ((bytes[at - back]! & 0xc0) !== 0x80) return at - back;
  }
  return at;
}
