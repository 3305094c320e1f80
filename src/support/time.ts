/** Texts that stand for times, as milliseconds since 1970: ISO 8601, and formats of strptime's directives. */

const iso =
  /^(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?)?$/;

/** Of an ISO 8601 date or time, in UTC where it has no zone; NaN for any other text. */
export function isoTime(text: string): number {
  const found = iso.exec(text);
  if (!found) return Number.NaN;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  return instant({
    year: Number(year),
    month: Number(month),
    day: Number(day ?? 1),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0) + Number(`0.${fraction ?? 0}`),
    zone: zoneMinutes(zone ?? "Z"),
  });
}

interface Calendar {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Minutes east of UTC. */
  zone: number;
  /** Of a clock of twelve hours. */
  isAfternoon?: boolean;
  /** Days since January 1st, from 1, instead of month and day. */
  dayOfYear?: number;
  /** Milliseconds since 1970, instead of all else. */
  since?: number;
}

const msPerMinute = 60_000;
/** What JavaScript's dates reach, either way. */
export const farthest = 8.64e15;

/** NaN where the calendar has no such day, or the day no such time. */
function instant(calendar: Calendar): number {
  const { year, month, day, hour, minute, second, zone, isAfternoon, dayOfYear, since } = calendar;
  if (since !== undefined) return Math.abs(since) <= farthest ? since : Number.NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isClock = isAfternoon === undefined || (hour >= 1 && hour <= 12);
  const hours = isAfternoon === undefined ? hour : (hour % 12) + (isAfternoon ? 12 : 0);
  // A minute may have a leap second.
  const isTime = isClock && hours < 24 && minute < 60 && second < 61;
  if (!isDay || !isTime || Number.isNaN(zone)) return Number.NaN;
  if (dayOfYear !== undefined) date.setUTCMonth(0, dayOfYear);
  if (dayOfYear === 0 || date.getUTCFullYear() !== year) return Number.NaN;
  return date.getTime() + (60 * hours + minute - zone) * msPerMinute + 1000 * second;
}

/** Minutes east of UTC; NaN for more than a day. */
function zoneMinutes(zone: string): number {
  if (zone === "Z" || zone === "z") return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone)!;
  const east = 60 * Number(hours) + Number(minutes);
  if (Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  return sign === "-" ? -east : east;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const monthNames = "January|February|March|April|May|June|July|August|September|October|November|December";
const dayNames = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday";
const short = (names: string) => names.replace(/\b(\w{3})\w*/g, "$1");

/** What a directive stands for, as strptime has it, and what it says of the time. */
interface Directive {
  readonly pattern: string;
  readonly take: (text: string, into: Calendar) => void;
}

const number = (pattern: string, key: keyof Calendar): Directive => ({
  pattern,
  take: (text, into) => Object.assign(into, { [key]: Number(text) }),
});
const monthNamed = (pattern: string): Directive => ({
  pattern,
  take: (text, into) => {
    into.month = 1 + months.indexOf(text.slice(0, 3).toLowerCase());
  },
});
const since = (unit: number): Directive => ({
  pattern: "[+-]?\\d+(?:\\.\\d+)?",
  take: (text, into) => {
    into.since = Number(text) * unit;
  },
});
const ignored = (pattern: string): Directive => ({ pattern, take: () => {} });

const directives: Readonly<Record<string, Directive>> = {
  Y: number("\\d{4}", "year"),
  /** 69 … 99 are of the last century, as POSIX has it. */
  y: {
    pattern: "\\d\\d",
    take: (text, into) => {
      into.year = Number(text) + (Number(text) < 69 ? 2000 : 1900);
    },
  },
  m: number("\\d\\d?", "month"),
  d: number("\\d\\d?", "day"),
  e: number("\\d\\d?", "day"),
  j: number("\\d{1,3}", "dayOfYear"),
  b: monthNamed(short(monthNames)),
  h: monthNamed(short(monthNames)),
  B: monthNamed(monthNames),
  a: ignored(short(dayNames)),
  A: ignored(dayNames),
  H: number("\\d\\d?", "hour"),
  I: number("\\d\\d?", "hour"),
  M: number("\\d\\d?", "minute"),
  S: {
    pattern: "\\d\\d?",
    take: (text, into) => {
      into.second += Number(text);
    },
  },
  f: {
    pattern: "\\d{1,9}",
    take: (text, into) => {
      into.second += Number(`0.${text}`);
    },
  },
  p: {
    pattern: "[AaPp]\\.?[Mm]\\.?",
    take: (text, into) => {
      into.isAfternoon = /^p/i.test(text);
    },
  },
  s: since(1000),
  /** As d3-time-format has it. */
  Q: since(1),
  z: {
    pattern: "Z|[+-]\\d\\d(?::?\\d\\d)?",
    take: (text, into) => {
      into.zone = zoneMinutes(text);
    },
  },
};

/** What stands for several. Numbers may lack their zeros anyway: `%-d` is `%d`. */
const compound: Readonly<Record<string, string>> = {
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  R: "%H:%M",
  D: "%m/%d/%y",
};

/** The directives that a format may have, for messages. */
export const knownDirectives = [...Object.keys(directives), ...Object.keys(compound)].map(
  (name) => `%${name}`,
);

/** What is wrong with a format; null: nothing. */
export function formatFault(format: string): string | null {
  const said = directivesIn(format);
  const unknown = said.find((name) => name !== "%" && !Object.hasOwn(directives, name));
  if (unknown !== undefined) return `%${unknown} is no directive`;
  const twice = said.find((name, at) => name !== "%" && said.indexOf(name) !== at);
  if (twice !== undefined) return `%${twice} stands in it twice`;
  if (said.every((name) => name === "%")) return "it has no directive";
  return said.includes("I") !== said.includes("p") ? "%I and %p go together" : null;
}

/** Milliseconds since 1970 of a text of that format, in UTC where it has no zone; NaN for any other text. */
export function timeParser(format: string): (text: string) => number {
  const said = directivesIn(format).filter((name) => name !== "%");
  const pattern = spelt(format).replace(/%(.)|\s+|[\\^$.*+?()[\]{}|/-]/g, (part, name?: string) => {
    if (name === "%") return "%";
    if (name !== undefined) return `(${directives[name]!.pattern})`;
    return /^\s/.test(part) ? "\\s+" : `\\${part}`;
  });
  const whole = new RegExp(`^${pattern}$`, "i");
  return (text) => {
    const found = whole.exec(text);
    if (!found) return Number.NaN;
    const calendar = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, zone: 0 };
    for (const [at, name] of said.entries()) directives[name]!.take(found[at + 1]!, calendar);
    return instant(calendar);
  };
}

function spelt(format: string): string {
  return format.replace(/%-?(.)/gs, (_, name: string) => compound[name] ?? `%${name}`);
}

/** Their letters, in order. */
function directivesIn(format: string): string[] {
  return [...spelt(format).matchAll(/%(.?)/gs)].map(([, name]) => name!);
}
