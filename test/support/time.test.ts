/** Texts as times: what ISO 8601 and formats of strptime take, and what they refuse. */
import { expect, test } from "vitest";
import { formatFault, isoTime, timeParser } from "../../src/support/time.ts";

test.each([
  ["2020-06-01", "2020-06-01T00:00:00Z"],
  ["2020-06", "2020-06-01T00:00:00Z"],
  ["2020-06-01 12:30", "2020-06-01T12:30:00Z"],
  ["2020-06-01T12:30:15.25Z", "2020-06-01T12:30:15.250Z"],
  ["2020-06-01T12:30:15,25z", "2020-06-01T12:30:15.250Z"],
  ["2020-06-01T12:30:15+02:00", "2020-06-01T10:30:15Z"],
  ["2020-06-01 12:30:15 -0530", "2020-06-01T18:00:15Z"],
  ["2020-06-01T12:30+02", "2020-06-01T10:30:00Z"],
  ["0099-12-31", "0099-12-31T00:00:00Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"],
])("ISO 8601: %s", (text, instant) => {
  expect(isoTime(text)).toBe(Date.parse(instant));
});

test.each([
  "",
  "2020-6-1",
  "2020-02-30",
  "2019-02-29",
  "2020-13-01",
  "2020-06-01T24:00",
  "2020-06-01T12:60",
  "2020-06-01T12:30+25:00",
  "06/01/2020",
  "2020-06-01 noon",
  "Jun 2020",
  "2020-W23",
  "x2020-06-01",
])("no ISO 8601: %s", (text) => {
  expect(isoTime(text)).toBeNaN();
});

test.each([
  ["%m/%d/%Y", "6/1/2020", "2020-06-01T00:00:00Z"],
  ["%d.%m.%Y %H:%M", "01.06.2020 13:05", "2020-06-01T13:05:00Z"],
  ["%b %Y", "Jun 2020", "2020-06-01T00:00:00Z"],
  ["%d %B %y", "3 may 68", "2068-05-03T00:00:00Z"],
  ["%A, %d-%b-%y", "Monday, 03-May-69", "1969-05-03T00:00:00Z"],
  ["%I:%M %p", "12:05 AM", "1970-01-01T00:05:00Z"],
  ["%Y%m%d%H%M%S", "20200601130507", "2020-06-01T13:05:07Z"],
  ["%FT%T.%f%z", "2020-06-01T13:05:07.5+01:00", "2020-06-01T12:05:07.500Z"],
  ["%Y, day %j", "2020, day 366", "2020-12-31T00:00:00Z"],
  ["%-d/%-m/%Y (%%)", "1/6/2020 (%)", "2020-06-01T00:00:00Z"],
])("by format %s: %s", (format, text, instant) => {
  expect(formatFault(format)).toBe(null);
  expect(timeParser(format)(text)).toBe(Date.parse(instant));
});

test.each([
  ["%m/%d/%Y", "13/01/2020"],
  ["%m/%d/%Y", "1/32/2020"],
  ["%m/%d/%Y", "2020-06-01"],
  ["%m/%d/%Y", "06/01/2020 12:00"],
  ["%b %Y", "Juni 2020"],
  ["%I:%M %p", "13:05 PM"],
  ["%Y, day %j", "2019, day 366"],
  ["%Y, day %j", "2019, day 0"],
  ["%Y.%m", "2020x06"],
])("not by format %s: %s", (format, text) => {
  expect(timeParser(format)(text)).toBeNaN();
});

test.each([
  ["%J", "%J is no directive"],
  ["%", "% is no directive"],
  ["YYYY", "it has no directive"],
  ["%Y %Y", "%Y stands in it twice"],
  ["%F %m", "%m stands in it twice"],
  ["%I:%M", "%I and %p go together"],
])("no format: %s", (format, fault) => {
  expect(formatFault(format)).toBe(fault);
});
