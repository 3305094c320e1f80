/** How a date becomes inputs: its place in the calendar, in UTC, and the days since the first. Fitted and applied. */
import type { RawValues } from "../table/cells.ts";
import { type Moments, range } from "../table/statistics.ts";
import { type DateInputs, type DatePart, dateParts, isTurning, turns } from "./dateParts.ts";
import { fitScaling } from "./scaling.ts";

/** What a calendar says of a moment. */
interface Calendar {
  year: number;
  /** From 0, as all that turns. */
  month: number;
  day: number;
  /** 0: Monday. */
  weekday: number;
  /** Since midnight, with its fraction. */
  hour: number;
}

const msPerDay = 86_400_000;
const msPerHour = 3_600_000;

/** @param times of the training rows, in milliseconds since 1970, NaN where missing; `known`: as of fitScaling */
export function fitDates(times: RawValues, known: Moments | null): DateInputs {
  const { min, max } = known ?? range(times);
  const first = Number.isFinite(min) ? min : 0;
  const calendars = [...times].filter((time) => !Number.isNaN(time)).map((time) => ({ ...calendarOf(time) }));
  const differ = (part: Exclude<DatePart, "days">) =>
    calendars.some((calendar) => calendar[part] !== calendars[0]![part]);
  const parts = dateParts.filter((part) => (part === "days" ? max > min : differ(part)));
  const toDays = (time: number) => (time - first) / msPerDay;
  const ofDays = known && {
    mean: toDays(known.mean),
    deviation: known.deviation / msPerDay,
    min: 0,
    max: toDays(known.max),
  };
  return {
    parts: parts.length > 0 ? parts : ["days"],
    year: fitScaling(
      "standard",
      calendars.map(({ year }) => year),
    ),
    first,
    days: fitScaling("standard", times.map(toDays), ofDays),
  };
}

/** out[at …] = the inputs for a time in milliseconds since 1970. */
export function encodeDate(
  { parts, year, first, days }: DateInputs,
  time: number,
  out: Float32Array,
  at: number,
): void {
  const calendar = calendarOf(time);
  let to = at;
  for (const part of parts) {
    if (isTurning(part)) {
      const angle = (2 * Math.PI * calendar[part]) / turns[part];
      out[to++] = Math.sin(angle);
      out[to++] = Math.cos(angle);
    } else if (part === "year") out[to++] = (calendar.year - year.center) / year.scale;
    else out[to++] = ((time - first) / msPerDay - days.center) / days.scale;
  }
}

const date = new Date(0);
const shared: Calendar = { year: 0, month: 0, day: 0, weekday: 0, hour: 0 };

/** Valid until the next call. */
function calendarOf(time: number): Calendar {
  const day = Math.floor(time / msPerDay);
  date.setTime(day * msPerDay);
  shared.year = date.getUTCFullYear();
  shared.month = date.getUTCMonth();
  shared.day = date.getUTCDate() - 1;
  shared.weekday = (date.getUTCDay() + 6) % 7;
  shared.hour = (time - day * msPerDay) / msPerHour;
  return shared;
}
