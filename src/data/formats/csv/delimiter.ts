/** The start of a CSV file: what stands before its first name, and between its names. */

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
