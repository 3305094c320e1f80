/** The start of a CSV file: what stands before its first name, and between its names. */

const knownDelimiters = [",", ";", "\t", "|"] as const;

/** How far the search for the first record's end has come; goes on with the next bytes. */
export interface HeaderSearch {
  position: number;
  inQuotes: boolean;
  inComment: boolean;
  /** How often each known delimiter stood outside quotes. */
  counts: [number, number, number, number];
}

export function newSearch(): HeaderSearch {
  return { position: 0, inQuotes: false, inComment: false, counts: [0, 0, 0, 0] };
}

interface Start {
  /** The byte that begins lines before the header that are none. */
  readonly comment: number;
  /** What stands before the decimals of numbers. */
  readonly decimal: string;
  /** Whether no bytes follow. */
  readonly atEnd: boolean;
}

/**
 * The delimiter that stands most often in the first record outside quotes (the comma if none does), or null
 * while the record is not complete.
 */
export function findDelimiter(
  bytes: Uint8Array,
  length: number,
  search: HeaderSearch,
  { comment, decimal, atEnd }: Start,
): string | null {
  const { counts } = search;
  let at = search.position;
  for (; at < length; at++) {
    const byte = bytes[at]!;
    if (search.inComment || (byte === comment && isLineStart(bytes, at))) {
      search.inComment = byte !== 0x0a && byte !== 0x0d;
      continue;
    }
    if (byte === 0x22) search.inQuotes = !search.inQuotes && opensQuotes(bytes[at - 1]);
    else if (search.inQuotes) continue;
    else if (byte === 0x0a || byte === 0x0d) {
      if (!isLineStart(bytes, at)) break;
    } else if (byte === 0x2c) counts[0]++;
    else if (byte === 0x3b) counts[1]++;
    else if (byte === 0x09) counts[2]++;
    else if (byte === 0x7c) counts[3]++;
  }
  search.position = at;
  if (at === length && !atEnd) return null;
  // A comma in numbers may stand between them, too, but only where nothing else does.
  const isInNumbers = decimal === "," || onlyInNumbers(bytes, at, counts[0]);
  const others = isInNumbers ? ([0, ...counts.slice(1)] as const) : counts;
  const most = Math.max(...others);
  return most > 0 ? knownDelimiters[others.indexOf(most)]! : ",";
}

/** Whether all of so many commas outside quotes are between two digits. */
function onlyInNumbers(bytes: Uint8Array, end: number, commas: number): boolean {
  const record = Buffer.from(bytes.subarray(0, end))
    .toString("latin1")
    .replace(/"[^"]*"/g, "");
  return commas > 0 && (record.match(/(?<=\d),(?=\d)/g)?.length ?? 0) >= commas;
}

function isLineStart(bytes: Uint8Array, at: number): boolean {
  return at === 0 || bytes[at - 1] === 0x0a || bytes[at - 1] === 0x0d;
}

/** Whether a quote opens a field after a byte: at a field's start, or after the quote that it doubles. */
function opensQuotes(before: number | undefined): boolean {
  return before === undefined || !/[^\n\r,;\t|"\xbf]/.test(String.fromCharCode(before));
}

/** What a first line "sep=;" says, as Excel writes it, and its bytes without the line's end. */
export function saidDelimiter(start: Uint8Array): { delimiter: string; bytes: number } | null {
  const line = /^(?:sep=(.)|"sep=(.)")(?=[\r\n])/i.exec(Buffer.from(start.subarray(0, 8)).toString("latin1"));
  return line ? { delimiter: line[1] ?? line[2]!, bytes: line[0].length } : null;
}

/** Number of the first byte after a UTF-8 byte order mark, if there is one. */
export function skipByteOrderMark(bytes: Uint8Array, length: number): number {
  return length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
