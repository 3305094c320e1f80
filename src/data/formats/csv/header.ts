/** The start of a CSV file: what kind of file it is, its delimiter, its column names. */
import { exitCodes, type Problem, UserError } from "../../../support/errors.ts";

const knownDelimiters = [",", ";", "\t", "|"] as const;

/** How far the search for the first record's end has come; goes on with the next bytes. */
export interface HeaderSearch {
  position: number;
  inQuotes: boolean;
  /** How often each known delimiter stood outside quotes. */
  counts: [number, number, number, number];
}

/**
 * The delimiter that stands most often in the first record outside quotes (the comma if none does), or null
 * while the record is not complete.
 */
export function findDelimiter(
  bytes: Uint8Array,
  length: number,
  search: HeaderSearch,
  atEnd: boolean,
): string | null {
  const { counts } = search;
  let at = search.position;
  for (; at < length; at++) {
    const byte = bytes[at]!;
    if (byte === 0x22) search.inQuotes = !search.inQuotes;
    else if (search.inQuotes) continue;
    else if (byte === 0x0a || byte === 0x0d) break;
    else if (byte === 0x2c) counts[0]++;
    else if (byte === 0x3b) counts[1]++;
    else if (byte === 0x09) counts[2]++;
    else if (byte === 0x7c) counts[3]++;
  }
  search.position = at;
  if (at === length && !atEnd) return null;
  return knownDelimiters[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** Number of the first byte after a UTF-8 byte order mark, if there is one. */
export function skipByteOrderMark(bytes: Uint8Array, length: number): number {
  return length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Throws UserError(data) for files that are something else than CSV in UTF-8, by their first bytes. */
export function checkPreamble(bytes: Uint8Array, file: string | undefined): void {
  for (const { magic, problem } of otherFiles) {
    if (magic.every((byte, index) => bytes[index] === byte)) {
      throw new UserError(exitCodes.data, { file, ...problem });
    }
  }
}

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));

/** Files that are often handed over as CSV and are not. */
export const otherFiles: readonly { magic: number[]; problem: Problem }[] = [
  {
    magic: ascii("version https://git-lfs"),
    problem: {
      message: "the file is a Git LFS pointer, not the data",
      expected: "the file it points to",
      hint: "git lfs pull",
    },
  },
  {
    magic: ascii("PAR1"),
    problem: {
      message: "the data is Parquet that is cut short, compressed once more, or from a pipe",
      expected: "a whole Parquet file, by its name",
    },
  },
  {
    magic: ascii('{"'),
    problem: {
      message: "the rows are JSON Lines",
      expected: "CSV",
      hint: "a file: name it .jsonl; nnt predict: --from jsonl",
    },
  },
  {
    magic: ascii("PK\u0003\u0004"),
    problem: { message: "the file is a zip archive", expected: "CSV or .gz" },
  },
  {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    problem: { message: "the file is zstd", expected: "CSV or .gz" },
  },
  { magic: ascii("BZh"), problem: { message: "the file is bzip2", expected: "CSV or .gz" } },
];

/** The names, each there and different from the others. Throws UserError(data) with both places. */
export function checkHeader(
  names: readonly string[],
  placeOf: (field: number) => Pick<Problem, "file" | "line" | "column">,
): readonly string[] {
  const seen = new Map<string, number>();
  const problems: Problem[] = [];
  for (const [field, name] of names.entries()) {
    const before = seen.get(name);
    if (name.trim() === "") {
      const message = `column ${field + 1} has no name`;
      problems.push({ ...placeOf(field), message, expected: "a name for every column" });
    } else if (before !== undefined) {
      const both = `columns ${before + 1} and ${field + 1} are both named "${name}"`;
      problems.push({ ...placeOf(field), message: both, expected: "different names" });
    } else seen.set(name, field);
    if (problems.length === 20) break;
  }
  if (problems.length > 0) throw new UserError(exitCodes.data, problems);
  return names;
}
