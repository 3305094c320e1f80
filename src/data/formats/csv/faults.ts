/** What can be wrong with CSV bytes, in words. */

import type { Problem } from "../../../support/errors.ts";
import { encodingHint, invalidUtf8 } from "../encodings.ts";

type Fault = Pick<Problem, "message" | "expected" | "hint">;

/** A row of too few or too many fields. `isComment`: it, or the header, begins as comments do. */
export function raggedRow(found: number, expected: number, isComment: boolean): Fault {
  const hint = 'if lines that begin with # are comments: data.comment: "#"';
  return {
    message: `a row of ${found} ${found === 1 ? "field" : "fields"}`,
    expected: `${expected} ${expected === 1 ? "field" : "fields"}, as in the header`,
    ...(isComment && { hint }),
  };
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
  const at = invalidUtf8(record);
  return {
    message: `invalid UTF-8 at byte ${offset + at}`,
    expected: "UTF-8 text",
    hint: encodingHint(record, at),
  };
}

export function textAfterQuote(delimiter: string): Fault {
  const name = delimiter === "\t" ? "a tab" : `\`${delimiter}\``;
  return { message: "text after a closing quote", expected: `${name} or the line's end` };
}
