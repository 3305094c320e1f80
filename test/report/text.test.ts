/** Numbers, tables and bars as people read them. */
import { describe, expect, test } from "vitest";
import { type BarParts, drawBar, drawBars } from "../../src/report/bar.ts";
import { plainStyle } from "../../src/report/style.ts";
import { table } from "../../src/report/table.ts";
import { printable } from "../../src/report/terminal.ts";
import { bytes, count, cut, figure, time, widthOf } from "../../src/report/text.ts";

test.each([
  [0.97222, "0.9722"],
  [12.3456, "12.35"],
  [1234.56, "1235"],
  [0, "0"],
  [1, "1.000"],
  [54321, "54321"],
  [-0.5, "-0.5000"],
  [1.2341e-7, "1.234e-7"],
  [123456789, "1.235e8"],
  [Number.NaN, "nan"],
  [-Infinity, "-inf"],
])("%d reads %s", (value, read) => expect(figure(value)).toBe(read));

test.each([
  [0.0004, "1 ms"],
  [0.085, "85 ms"],
  [1.23, "1.2 s"],
  [9.97, "10 s"],
  [59.6, "1 min 00 s"],
  [125, "2 min 05 s"],
  [3720, "1 h 02 min"],
])("%d seconds read %s", (seconds, read) => expect(time(seconds)).toBe(read));

test.each([
  [512, "512 B"],
  [38440, "38.4 kB"],
  [999999, "1.0 MB"],
  [123456789, "123 MB"],
])("%d bytes read %s", (size, read) => expect(bytes(size)).toBe(read));

test("counts are grouped by thousands", () => expect(count(12345.6)).toBe("12,346"));

test("widths count what a terminal shows", () => {
  expect(widthOf("abc")).toBe(3);
  expect(widthOf("\u001b[1mabc\u001b[22m")).toBe(3);
  expect(widthOf("東京")).toBe(4);
  expect(widthOf("e\u0301")).toBe(1);
  expect(cut("東京都", 5)).toBe("東京…");
});

test("control characters of a file's content are shown, not obeyed", () => {
  expect(printable("a\u001b[2Jb\nc\u202e")).toBe("a\\x1b[2Jb\\nc\\u202e");
});

describe("a table", () => {
  const columns = [
    { title: "name", least: 4 },
    { title: "n", align: "right" },
  ] as const;
  const rows = [
    ["a", "1"],
    ["a long name", "1,000"],
  ];

  test("aligns its columns", () => {
    expect(table(columns, rows, { width: 80 })).toEqual([
      "name             n",
      "a                1",
      "a long name  1,000",
    ]);
  });

  test.each([10, 12, 15])("cuts text to fit %d columns", (width) => {
    const lines = table(columns, rows, { width });
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(Math.max(width, 11));
    expect(lines[2]).toContain("…");
    expect(lines[2]).toContain("1,000");
  });
});

describe("a bar", () => {
  const bar = (parts: BarParts, width: number) => drawBar(parts, width, plainStyle);
  const parts = { label: "epoch 3/50", share: 0.5, notes: ["loss 0.1234", "12,345 rows/s"] };

  test.each([20, 30, 40, 60, 100, 200])("keeps to %d columns, whatever is said after it", (width) => {
    const line = bar(parts, width);
    expect(widthOf(line)).toBeLessThanOrEqual(width);
    expect(line).toContain("50%");
  });

  test("says less when there is less room, the least important first", () => {
    expect(bar(parts, 80)).toMatch(/━+─+ {2}50% {2}loss 0.1234 {2}12,345 rows\/s$/);
    expect(bar(parts, 44)).toMatch(/━+─+ {2}50% {2}loss 0.1234$/);
  });

  test("is never more than full or less than empty", () => {
    expect(bar({ ...parts, share: 1.2 }, 80)).toContain("100%");
    expect(bar({ ...parts, share: Number.NaN }, 80)).toContain("0%");
  });

  test("is as long as the others, however much is said after them", () => {
    const bars = [parts, { label: "run", share: 0.2, notes: ["3 min 20 s left", "best val loss 0.1", "a"] }];
    const [first, second] = drawBars(bars, 70, plainStyle).map((line) => /[━─]+/.exec(line)!);
    expect([first!.index, first![0].length]).toEqual([second!.index, second![0].length]);
  });
});
