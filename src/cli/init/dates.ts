/** Columns of texts that are all dates, and how these are written. */
import { isoTime, timeParser } from "../../support/time.ts";

export interface Dates {
  /** In strptime's directives; null: ISO 8601. */
  readonly format: string | null;
  /** As they are written. */
  readonly first: string;
  readonly last: string;
}

/** Where days up to 12 alone do not tell which is the day, and which the month. */
export const dayMonth: readonly string[] = ["%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y"];

/** The first that fits all texts is taken. */
const formats = [
  null,
  ...dayMonth,
  ...["%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%y"],
  ...["%m-%d-%Y", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S"],
  ...["%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%b %Y", "%B %Y"],
];

/** null: not all texts are dates, or there are none. */
export function datesIn(texts: readonly string[]): Dates | null {
  for (const format of formats) {
    const timeOf = format === null ? isoTime : timeParser(format);
    const times = datesBy(texts, timeOf);
    if (times === null) continue;
    const at = (time: number) => texts[times.indexOf(time)]!.trim();
    let [first, last] = [times[0]!, times[0]!];
    for (const time of times) [first, last] = [Math.min(first, time), Math.max(last, time)];
    return { format, first: at(first), last: at(last) };
  }
  return null;
}

function datesBy(texts: readonly string[], timeOf: (text: string) => number): number[] | null {
  const times: number[] = [];
  for (const text of texts) {
    const time = timeOf(text.trim());
    if (Number.isNaN(time)) return null;
    times.push(time);
  }
  return times.length > 0 ? times : null;
}
